#include "orchestrator/fleet/replica_channel.h"

#include <utility>

#include "orchestrator/fleet/execution_session.h"

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
      sessions_(v1::SessionService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

ReplicaChannel::~ReplicaChannel() { SetSession(nullptr); }

std::shared_ptr<ExecutionSession> ReplicaChannel::session() const {
  absl::MutexLock lock(&mutex_);
  return session_;
}

void ReplicaChannel::SetSession(std::shared_ptr<ExecutionSession> session) {
  {
    absl::MutexLock lock(&mutex_);
    session_.swap(session);
  }
  if (session != nullptr) session->Close();
}

}  // namespace stagecoach
