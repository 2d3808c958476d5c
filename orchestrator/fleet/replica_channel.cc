#include "orchestrator/fleet/replica_channel.h"

#include <utility>

namespace stagecoach {
namespace {

// Channels that share a connection also share how it went the last time.
ChannelOptions WithOwnConnection(ChannelOptions options) {
  options.own_connection = true;
  return options;
}

}  // namespace

ReplicaChannel::ReplicaChannel(std::string address,
                               const ChannelOptions& options)
    : address_(std::move(address)),
      channel_(MakeChannel(address_, WithOwnConnection(options))),
      stage_(v1::StageService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

}  // namespace stagecoach
