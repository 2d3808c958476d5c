// Serves session.proto for a stage, beside its StageService.

#ifndef SERVICES_COMMON_STAGEKIT_SESSION_SERVICE_H_
#define SERVICES_COMMON_STAGEKIT_SESSION_SERVICE_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/stagekit/stage_service.h"
#include "services/common/stagekit/stage_session.h"
#include "stagecoach/v1/session.grpc.pb.h"

namespace stagecoach {

// Threads:   every method may be called from any thread.
// Ownership: `stage` must outlive the server of both.
class SessionService final : public v1::SessionService::CallbackService {
 public:
  explicit SessionService(StageService& stage) : stage_(stage) {}

  // As session.proto says.
  StageSession::Stream::Reactor* ExecuteMany(
      grpc::CallbackServerContext* context) override;

  // Ends every session as UNAVAILABLE once its executions have ended, also
  // those to come: a server that waits for its calls can stop then.
  void Shutdown();

 private:
  StageService& stage_;

  absl::Mutex mutex_;
  std::vector<std::weak_ptr<StageSession>> sessions_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_SESSION_SERVICE_H_
