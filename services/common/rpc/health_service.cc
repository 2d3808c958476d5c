#include "services/common/rpc/health_service.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// A watcher needs only the last word.
constexpr WriteQueueLimits kLimits = {.newest = 1, .all = 1};

HealthCheckResponse MakeResponse(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return response;
}

}  // namespace

HealthService::HealthService() : serving_({{"", false}}) {}

bool HealthService::SetServing(const std::string& service, bool serving) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return false;
  const auto [entry, is_new] = serving_.try_emplace(service, serving);
  if (!is_new && entry->second == serving) return false;
  entry->second = serving;
  TellWatchersLocked(service);
  return true;
}

void HealthService::Shutdown() {
  std::map<uint64_t, Watcher> watchers;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (auto& [service, serving] : serving_) {
      if (!std::exchange(serving, false)) continue;
      TellWatchersLocked(service);
    }
    watchers.swap(watchers_);
  }
  for (const auto& [id, watcher] : watchers) {
    watcher.stream->Finish(absl::UnavailableError("the server is stopping"));
  }
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request,
    HealthCheckResponse* response) {
  {
    absl::MutexLock lock(&mutex_);
    response->set_status(StatusLocked(request->service()));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (response->status() == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(absl::NotFoundError(
        absl::StrCat("no service \"", absl::Utf8SafeCEscape(request->service()),
                     "\" here"))));
  } else {
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  const std::shared_ptr<Stream> stream = Stream::Create(*context, kLimits);
  uint64_t id = 0;
  bool stopped = false;
  {
    absl::MutexLock lock(&mutex_);
    id = next_watcher_++;
    stopped = stopped_;
    if (!stopped) {
      watchers_.emplace(id, Watcher{request->service(), stream});
      stream->Write(MakeResponse(StatusLocked(request->service())),
                    Keep::kNewest);
    }
  }
  if (stopped) stream->Finish(absl::UnavailableError("the server is stopping"));
  stream->OnCancel([this, id] { Forget(id); });
  return stream->reactor();
}

HealthCheckResponse::ServingStatus HealthService::StatusLocked(
    const std::string& service) const {
  const auto entry = serving_.find(service);
  if (entry == serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return entry->second ? HealthCheckResponse::SERVING
                       : HealthCheckResponse::NOT_SERVING;
}

void HealthService::TellWatchersLocked(const std::string& service) {
  for (const auto& [id, watcher] : watchers_) {
    if (watcher.service != service) continue;
    watcher.stream->Write(MakeResponse(StatusLocked(service)), Keep::kNewest);
  }
}

void HealthService::Forget(uint64_t watcher) {
  Watcher forgotten;  // its stream is let go of without the lock
  absl::MutexLock lock(&mutex_);
  const auto entry = watchers_.find(watcher);
  if (entry == watchers_.end()) return;
  forgotten = std::move(entry->second);
  watchers_.erase(entry);
}

}  // namespace stagecoach
