#include "orchestrator/retention/retention_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/logging.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// One at a time; how many more may wait.
constexpr int kThreads = 1;
constexpr int kQueue = 16;

// The first time: when the volumes are known to answer.
constexpr absl::Duration kFirstDelay = absl::Seconds(10);

void LogCollected(const v1::CollectGarbageResponse& collected) {
  Log(LogLevel::kInfo, "garbage collected",
      {{"runs", collected.deleted_size()},
       {"kept", collected.kept_size()},
       {"orphans", collected.orphans_size()},
       {"bytes", collected.freed_bytes()}});
}

}  // namespace

absl::Status RetentionOptions::Validate() const {
  if (keep_last < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--retention-keep-last is ", keep_last, "; it must be at least 0"));
  }
  if (interval < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--retention-interval is ", absl::FormatDuration(interval),
                     "; it must be at least 1s"));
  }
  return absl::OkStatus();
}

RetentionService::RetentionService(GarbageCollector& collector,
                                   RetentionOptions options,
                                   std::unique_ptr<TimerQueue> timers,
                                   GcMetrics& metrics)
    : collector_(collector),
      options_(options),
      metrics_(metrics),
      executor_("retention", kThreads, kQueue),
      timers_(std::move(timers)) {}

void RetentionService::Start() {
  ScheduleNext(std::min(kFirstDelay, options_.interval));
}

void RetentionService::ScheduleNext(absl::Duration delay) {
  // No place in the queue: those who wait there do the same work.
  timers_->Schedule(delay, [this] {
    executor_.Submit([this] { CollectByItself(); }).IgnoreError();
    ScheduleNext(options_.interval);
  });
}

void RetentionService::CollectByItself() {
  v1::CollectGarbageRequest request;
  if (options_.max_age > absl::ZeroDuration()) {
    *request.mutable_policy()->mutable_max_age() =
        ToProtoDuration(options_.max_age);
  }
  request.mutable_policy()->set_keep_last(options_.keep_last);
  absl::Status status;
  if (CheckPolicy(request.policy()).ok()) {
    const auto collected = collector_.Collect(request);
    status = collected.status();
    if (collected.ok() &&
        collected->deleted_size() + collected->orphans_size() > 0) {
      LogCollected(*collected);
    }
  } else {
    status = collector_.CompleteDeletions();
  }
  if (status.ok()) return;
  metrics_.Failed();
  Log(LogLevel::kWarning, "garbage is not collected; it is tried again",
      {{"error", status}});
}

void RetentionService::Collect(v1::CollectGarbageRequest request,
                               const Done& done) {
  const bool dry_run = request.dry_run();
  const absl::Status submitted =
      executor_.Submit([this, request = std::move(request), dry_run, done] {
        const auto collected = collector_.Collect(request);
        if (!collected.ok() && !absl::IsInvalidArgument(collected.status())) {
          metrics_.Failed();
        }
        if (collected.ok() && !dry_run) LogCollected(*collected);
        done(collected);
      });
  if (!submitted.ok()) done(submitted);
}

void RetentionService::Stop() {
  timers_->Shutdown();
  collector_.Stop();
  executor_.Shutdown();
}

}  // namespace stagecoach
