// The channel to one replica, and what is called over it.

#ifndef ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_
#define ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

// Connects when it is first used. A replica that was lost gets a new one: gRPC
// would answer calls on the old one with what went wrong the last time.
//
// Threads: constant after construction; stubs may be used from any thread.
class ReplicaChannel {
 public:
  ReplicaChannel(std::string address, const ChannelOptions& options);

  const std::string& address() const { return address_; }
  v1::StageService::Stub& stage() const { return *stage_; }
  grpc::health::v1::Health::Stub& health() const { return *health_; }

 private:
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::StageService::Stub> stage_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_
