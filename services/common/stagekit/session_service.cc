#include "services/common/stagekit/session_service.h"

#include <utility>

#include "absl/status/status.h"

namespace stagecoach {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the replica is stopping");
}

}  // namespace

StageSession::Stream::Reactor* SessionService::ExecuteMany(
    grpc::CallbackServerContext* context) {
  auto stream = StageSession::Stream::Create(*context, &stage_.sender());
  auto* const reactor = stream->reactor();
  auto session = std::make_shared<StageSession>(stage_, std::move(stream));
  session->Start();
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      // As long as there is one for each orchestrator, this is a short list.
      std::erase_if(sessions_, [](const auto& each) { return each.expired(); });
      sessions_.push_back(session);
      return reactor;
    }
  }
  session->Close(Stopping());
  return reactor;
}

void SessionService::Shutdown() {
  std::vector<std::weak_ptr<StageSession>> sessions;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    sessions = std::move(sessions_);
    sessions_.clear();
  }
  for (const auto& each : sessions) {
    if (const auto session = each.lock()) session->Close(Stopping());
  }
}

}  // namespace stagecoach
