// What the parts of one fleet share.

#ifndef ORCHESTRATOR_FLEET_FLEET_RUNTIME_H_
#define ORCHESTRATOR_FLEET_FLEET_RUNTIME_H_

#include <functional>
#include <string>

#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/dns_resolver.h"
#include "orchestrator/fleet/replica.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer_queue.h"

namespace stagecoach {

struct GrpcFleetOptions {
  // Also how channels are made; without `channel.metrics` the fleet counts its
  // calls as `grpc_client_…` in its own registry.
  ReplicaOptions replica;
  DnsResolverOptions dns;
  // How DNS names are looked up.
  HostLookup lookup = LookUpHost;
  // Called after each change of a replica; a test waits for it.
  std::function<void()> changed_for_test = [] {};
  // Whether the executions at a replica that serves sessions share a stream.
  bool sessions = true;
  // How long Cancel may take, > 0.
  absl::Duration cancel_timeout = absl::Seconds(5);
};

// Constant once the fleet has started, but for the gate, which guards itself.
// Held by every part with a shared_ptr: a timer may find the part alive when
// the fleet is gone, and then the gate closed.
struct FleetRuntime {
  GrpcFleetOptions options;
  Clock& clock;
  TimerQueue& timers;
  // Every call, and every report to the listener, is inside.
  CallGate gate;
  // Told of stages that may have a free slot.
  std::function<void(const std::string&)> listener;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_FLEET_RUNTIME_H_
