#include "services/common/stagekit/stage_service.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/log_record.h"
#include "services/common/base/logging.h"
#include "services/common/base/retry_hint.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/call_metadata.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/write_stream.h"

namespace stagecoach {
namespace {

// Reports that may wait for a slow reader; then the oldest is dropped.
constexpr int kWaitingReports = 64;

constexpr int kMaxSlots = 1024;

// Look-ups of published manifests that may wait, and be under way, at once.
constexpr int kReplayThreads = 1;
constexpr int kWaitingReplays = 64;

// Writes of logs likewise; with a volume that hangs further ones are refused.
constexpr int kLogThreads = 1;
constexpr int kWaitingLogs = 64;

// A stream waits for the sender at most once.
constexpr int kSenderThreads = 1;
constexpr int kWaitingStreams = 64;

using ExecuteStream = WriteStream<v1::ExecuteResponse>;

// Passes on what an execution reports to one call.
class StreamWatcher final : public ExecutionWatcher {
 public:
  explicit StreamWatcher(std::shared_ptr<ExecuteStream> stream)
      : stream_(std::move(stream)) {}

  void OnProgress(const v1::Progress& progress) override {
    v1::ExecuteResponse response;
    *response.mutable_progress() = progress;
    stream_->Write(std::move(response), Keep::kNewest);
  }

  void OnEnd(const ExecutionEnd& end) override {
    if (!end.ok()) {
      stream_->Finish(end.status());
      return;
    }
    v1::ExecuteResponse response;
    *response.mutable_result() = *end;
    stream_->WriteAndFinish(std::move(response), absl::OkStatus());
  }

 private:
  const std::shared_ptr<ExecuteStream> stream_;
};

v1::StageDescription Complete(v1::StageDescription description, int slots) {
  description.set_slots(slots);
  return description;
}

Logger LoggerOf(const ExecutionId& id) {
  return Logger({{"run", id.run}, {"step", id.step}, {"attempt", id.attempt}});
}

absl::Status Orphaned(const Execution& execution, absl::Duration wait) {
  return absl::UnavailableError(absl::StrCat(
      "execution ", execution.name(), " was stopped: nobody has asked for it ",
      "for ", absl::FormatDuration(wait)));
}

absl::Status TimedOut(const Execution& execution, absl::Duration timeout) {
  return absl::DeadlineExceededError(
      absl::StrCat("execution ", execution.name(), " ran longer than its ",
                   "timeout of ", absl::FormatDuration(timeout)));
}

// How long the call may still take; infinite without a deadline.
absl::Duration RemainingTime(const grpc::ServerContextBase& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteDuration();
  }
  return absl::FromChrono(deadline - std::chrono::system_clock::now());
}

// What the stage logs meanwhile goes to `log`, too, unless it is null.
ExecutionEnd RunLogged(ExecutionRunner& runner, const CheckedRequest& request,
                       PhaseClock& phases, Execution& execution,
                       ExecutionLog* log) {
  if (log == nullptr) return runner.Run(request, phases, execution);
  const auto keep = [log](LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields) {
    log->Add(level, message, fields);
  };
  const ScopedLogSink sink(keep);
  return runner.Run(request, phases, execution);
}

grpc::ServerUnaryReactor* FinishNow(grpc::CallbackServerContext& context,
                                    const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace

absl::Status StageServiceOptions::Validate() const {
  if (slots < 1 || slots > kMaxSlots) {
    return absl::InvalidArgumentError(
        absl::StrCat("slots is ", slots, "; it must be from 1 to ", kMaxSlots));
  }
  if (orphan_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("orphan_timeout is ", absl::FormatDuration(orphan_timeout),
                     "; it must be greater than 0"));
  }
  if (retry_after < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry_after is ", absl::FormatDuration(retry_after),
                     "; it must be at least 0"));
  }
  return absl::OkStatus();
}

StageService::StageService(Stage& stage, v1::StageDescription description,
                           StageServiceOptions options,
                           const StageServiceDependencies& dependencies)
    : description_(Complete(std::move(description), options.slots)),
      options_(options),
      volumes_(dependencies.volumes),
      timers_(dependencies.timers),
      clock_(dependencies.clock),
      metrics_(description_.name(), options.slots, dependencies.registry),
      runner_(stage, description_, dependencies.store, dependencies.clock),
      registry_({options.slots, options.ended_capacity}),
      logs_(
          std::make_shared<BoundedExecutor>("logs", kLogThreads, kWaitingLogs)),
      sender_("sender", kSenderThreads, kWaitingStreams),
      replays_("replays", kReplayThreads, kWaitingReplays),
      // The queue covers a thread that has freed its slot but not yet returned.
      slots_("slots", options.slots, /*queue_capacity=*/options.slots) {}

StageService::~StageService() {
  slots_.Shutdown();
  logs_->Shutdown();
}

grpc::ServerUnaryReactor* StageService::Describe(
    grpc::CallbackServerContext* context, const v1::DescribeRequest*,
    v1::DescribeResponse* response) {
  *response->mutable_stage() = description_;
  return FinishNow(*context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::ExecuteResponse>* StageService::Execute(
    grpc::CallbackServerContext* context, const v1::ExecuteRequest* request) {
  WriteQueueLimits limits;
  limits.newest = kWaitingReports;
  auto stream = ExecuteStream::Create(*context, limits);
  auto* reactor = stream->reactor();
  auto watcher = std::make_shared<StreamWatcher>(stream);
  const ExecutionWatcher* const key = watcher.get();
  auto execution = Join(*request, RemainingTime(*context),
                        TraceParentOf(*context), std::move(watcher));
  if (execution != nullptr) {
    stream->OnCancel([this, execution, key] { Leave(execution, key); });
  }
  return reactor;
}

std::shared_ptr<Execution> StageService::Join(
    const v1::ExecuteRequest& request, absl::Duration call_timeout,
    absl::string_view trace_parent, std::shared_ptr<ExecutionWatcher> watcher) {
  PhaseClock phases(clock_);
  auto checked = CheckRequest(request, description_, volumes_);
  if (!checked.ok()) {
    metrics_.Rejected(RejectReason::kBadRequest);
    watcher->OnEnd(checked.status());
    return nullptr;
  }
  // The call's deadline bounds only what has no timeout of its own: a caller
  // that gives one is free to hang up and come back.
  if (!request.has_timeout()) checked->timeout = call_timeout;
  if (const auto trace = ParseTraceParent(trace_parent)) {
    checked->trace_id = trace->trace_id;
  }
  auto admission = registry_.Admit(checked->id, checked->lease_epoch);
  if (absl::IsResourceExhausted(admission.status())) {
    ReplayOrRefuse(*std::move(checked), watcher, admission.status());
    return nullptr;
  }
  if (!admission.ok()) {
    CountRefusal(admission.status());
    watcher->OnEnd(admission.status());
    return nullptr;
  }
  std::shared_ptr<Execution> execution = std::move(admission->execution);
  execution->Watch(std::move(watcher));
  if (admission->started) Start(execution, *std::move(checked), phases);
  return execution;
}

void StageService::Leave(const std::shared_ptr<Execution>& execution,
                         const ExecutionWatcher* watcher) {
  const std::optional<int64_t> token = execution->Unwatch(watcher);
  if (!token.has_value()) return;
  const absl::Duration wait = options_.orphan_timeout;
  timers_.Schedule(wait, [execution, token = *token, wait] {
    execution->StopIfStillUnwatched(token, Orphaned(*execution, wait));
  });
}

void StageService::Start(const std::shared_ptr<Execution>& execution,
                         CheckedRequest request, PhaseClock phases) {
  metrics_.Started();
  LoggerOf(request.id)
      .Info("execution started", {{"lease_epoch", request.lease_epoch},
                                  {"trace_id", request.trace_id}});
  absl::Status submitted =
      slots_.Submit([this, execution, request = std::move(request), phases] {
        Run(execution, request, phases);
      });
  if (submitted.ok()) return;
  metrics_.Ended(submitted, phases.Times());
  registry_.End(execution, std::move(submitted));
}

void StageService::Run(const std::shared_ptr<Execution>& execution,
                       const CheckedRequest& request, PhaseClock phases) {
  std::optional<TimerQueue::TimerId> timer;
  if (request.timeout < absl::InfiniteDuration()) {
    timer = timers_.Schedule(
        request.timeout, [execution, timeout = request.timeout] {
          execution->RequestStop(TimedOut(*execution, timeout));
        });
  }
  const std::shared_ptr<ExecutionLog> log = OpenLog(request);
  execution->KeepLog(log);
  ExecutionEnd end = RunLogged(runner_, request, phases, *execution, log.get());
  if (timer.has_value()) timers_.Cancel(*timer);
  metrics_.Ended(end.status(), phases.Times());
  LoggerOf(request.id).Info("execution ended", {{"status", end.status()}});
  if (log != nullptr) log->End(end, phases.Times());
  registry_.End(execution, std::move(end));
}

std::shared_ptr<ExecutionLog> StageService::OpenLog(
    const CheckedRequest& request) {
  // Has been checked: anything that is not a URI of ours is none.
  const auto uri = ArtifactUri::Parse(request.log_uri);
  if (!uri.ok()) return nullptr;
  auto log = std::make_shared<ExecutionLog>(
      volumes_.at(uri->volume()), uri->path(), logs_, timers_, clock_);
  log->Begin(description_, request);
  return log;
}

void StageService::ReplayOrRefuse(
    CheckedRequest request, const std::shared_ptr<ExecutionWatcher>& watcher,
    absl::Status refusal) {
  SetRetryHint(refusal, options_.retry_after);
  const absl::Status submitted =
      replays_.Submit([this, request = std::move(request), watcher, refusal] {
        const auto published = runner_.FindPublished(request);
        if (published.ok() && published->has_value()) {
          watcher->OnEnd(**published);
          return;
        }
        CountRefusal(refusal);
        watcher->OnEnd(refusal);
      });
  if (submitted.ok()) return;
  CountRefusal(refusal);
  watcher->OnEnd(refusal);
}

void StageService::CountRefusal(const absl::Status& refusal) {
  if (absl::IsAborted(refusal)) {
    metrics_.Rejected(RejectReason::kStaleLease);
  } else if (absl::IsUnavailable(refusal)) {
    metrics_.Rejected(RejectReason::kDraining);
  } else {
    metrics_.Rejected(RejectReason::kFull);
  }
}

grpc::ServerUnaryReactor* StageService::Cancel(
    grpc::CallbackServerContext* context, const v1::CancelRequest* request,
    v1::CancelResponse*) {
  return FinishNow(*context, CancelExecution(*request));
}

absl::Status StageService::CancelExecution(const v1::CancelRequest& request) {
  SC_ASSIGN_OR_RETURN(const ExecutionId id,
                      ParseExecutionId(request.execution_id()));
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Execution> execution,
                      registry_.Find(id, request.lease_epoch()));
  if (execution == nullptr) return absl::OkStatus();
  execution->RequestStop(absl::CancelledError(
      absl::StrCat("execution ", execution->name(), " was cancelled")));
  return absl::OkStatus();
}

void StageService::StopAdmitting() {
  metrics_.SetDraining();
  registry_.StopAdmitting();
}

bool StageService::AwaitIdle(absl::Duration timeout) {
  return registry_.AwaitIdle(timeout);
}

void StageService::StopRunning() { registry_.StopRunning(); }

bool StageService::AwaitLogs(absl::Duration timeout) {
  auto written = std::make_shared<absl::Notification>();
  return logs_->Submit([written] { written->Notify(); }).ok() &&
         written->WaitForNotificationWithTimeout(timeout);
}

}  // namespace stagecoach
