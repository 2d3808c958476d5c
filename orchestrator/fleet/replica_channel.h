// The channel to one replica, and what is called over it.

#ifndef ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_
#define ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "stagecoach/v1/session.grpc.pb.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

class ExecutionSession;

// Connects when it is first used. A replica that was lost gets a new one: gRPC
// would answer calls on the old one with what went wrong the last time.
//
// Threads: every method, and the stubs, may be used from any thread.
class ReplicaChannel {
 public:
  ReplicaChannel(std::string address, const ChannelOptions& options);
  // Closes the session.
  ~ReplicaChannel();

  const std::string& address() const { return address_; }
  v1::StageService::Stub& stage() const { return *stage_; }
  v1::SessionService::Stub& sessions() const { return *sessions_; }
  grpc::health::v1::Health::Stub& health() const { return *health_; }

  // The session that was opened last, perhaps over by now; null: none.
  std::shared_ptr<ExecutionSession> session() const;
  // Closes the one before.
  void SetSession(std::shared_ptr<ExecutionSession> session);

  // Whether the replica is known to serve no sessions.
  bool serves_no_sessions() const { return serves_no_sessions_; }
  void SetServesNoSessions() { serves_no_sessions_ = true; }

 private:
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::StageService::Stub> stage_;
  const std::unique_ptr<v1::SessionService::Stub> sessions_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
  std::atomic<bool> serves_no_sessions_ = false;

  mutable absl::Mutex mutex_;
  std::shared_ptr<ExecutionSession> session_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_REPLICA_CHANNEL_H_
