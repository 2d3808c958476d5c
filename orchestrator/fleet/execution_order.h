// What is to be executed at one replica, and who is told of it.

#ifndef ORCHESTRATOR_FLEET_EXECUTION_ORDER_H_
#define ORCHESTRATOR_FLEET_EXECUTION_ORDER_H_

#include <memory>

#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/fleet.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class ReplicaChannel;

struct ExecutionOrder {
  CallGate::Pass pass;  // first, so that it is let go of last
  std::shared_ptr<ReplicaChannel> channel;
  v1::ExecuteRequest request;
  ExecutionOptions options;
  ExecutionCallbacks callbacks;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_EXECUTION_ORDER_H_
