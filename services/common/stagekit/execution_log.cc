#include "services/common/stagekit/execution_log.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/log_record.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/attempt_log.h"
#include "services/common/contract/execution_id.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr absl::Duration kInterval = absl::Seconds(1);

std::vector<LogField> FieldsOf(const v1::Progress& progress) {
  std::vector<LogField> fields = {{"fraction", progress.fraction()}};
  if (progress.units_total() > 0) {
    fields.emplace_back(
        progress.unit().empty() ? "units" : progress.unit(),
        absl::StrCat(progress.units_done(), "/", progress.units_total()));
  }
  for (const auto& [name, value] : progress.metrics()) {
    fields.emplace_back(name, value);
  }
  return fields;
}

LogLevel LevelOf(const absl::Status& end) {
  if (end.ok()) return LogLevel::kInfo;
  return absl::IsCancelled(end) ? LogLevel::kWarning : LogLevel::kError;
}

}  // namespace

ExecutionLog::ExecutionLog(std::shared_ptr<FileSystem> files, std::string path,
                           std::shared_ptr<BoundedExecutor> writer,
                           TimerQueue& timers, const Clock& clock)
    : files_(std::move(files)),
      path_(std::move(path)),
      writer_(std::move(writer)),
      timers_(timers),
      clock_(clock) {}

void ExecutionLog::Add(LogLevel level, absl::string_view message,
                       absl::Span<const LogField> fields) {
  absl::MutexLock lock(&mutex_);
  worth_keeping_ = true;
  if (size_bytes_ >= kMaxBytes) {
    ++dropped_;
    return;
  }
  AppendLocked(level, message, fields);
}

void ExecutionLog::AppendLocked(LogLevel level, absl::string_view message,
                                absl::Span<const LogField> fields) {
  AppendBeginningLocked();
  AppendAtLocked(clock_.Now(), level, message, fields);
}

void ExecutionLog::AppendAtLocked(absl::Time time, LogLevel level,
                                  absl::string_view message,
                                  absl::Span<const LogField> fields) {
  const std::string record = TimedLogRecord(time, level, message, fields);
  absl::StrAppend(&waiting_, record, "\n");
  size_bytes_ += record.size() + 1;
  ScheduleWriteLocked();
}

void ExecutionLog::ScheduleWriteLocked() {
  if (timer_.has_value()) return;
  timer_ = timers_.Schedule(kInterval, [self = shared_from_this()] {
    {
      absl::MutexLock timer_lock(&self->mutex_);
      self->timer_ = std::nullopt;
      self->worth_keeping_ = true;
      self->AppendBeginningLocked();
    }
    self->SubmitWrite();
  });
}

void ExecutionLog::AddProgress(const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  worth_keeping_ = true;
  progress_ = progress;
  const absl::Duration now = clock_.Elapsed();
  if (now - progress_time_ < kInterval || size_bytes_ >= kMaxBytes) return;
  progress_time_ = now;
  AppendProgressLocked();
}

void ExecutionLog::AppendProgressLocked() {
  const std::string message =
      progress_->message().empty() ? "progress" : progress_->message();
  AppendLocked(LogLevel::kInfo, message, FieldsOf(*progress_));
  progress_ = std::nullopt;
}

void ExecutionLog::Begin(const v1::StageDescription& description,
                         const CheckedRequest& request) {
  may_leave_nothing_ = description.outputs().empty();
  absl::MutexLock lock(&mutex_);
  description_ = &description;
  request_ = &request;
  began_ = clock_.Now();
  if (may_leave_nothing_) {
    ScheduleWriteLocked();
  } else {
    AppendBeginningLocked();
  }
}

void ExecutionLog::AppendBeginningLocked() {
  const CheckedRequest* const request = std::exchange(request_, nullptr);
  if (request == nullptr) return;
  const auto append = [this](absl::string_view message,
                             absl::Span<const LogField> fields) {
    mutex_.AssertHeld();
    AppendAtLocked(began_, LogLevel::kInfo, message, fields);
  };
  append("execution started", {{"execution", FormatExecutionId(request->id)},
                               {"stage", description_->name()},
                               {"version", description_->version()},
                               {"build_id", description_->build_id()},
                               {"lease_epoch", request->lease_epoch}});
  if (!request->trace_id.empty()) {
    append("trace", {{"trace_id", request->trace_id}});
  }
  for (const auto& [name, artifact] : request->inputs) {
    append("input", {{name, artifact.uri()}});
  }
  std::vector<LogField> parameters;
  for (const auto& [name, value] : request->parameters) {
    parameters.emplace_back(name, ParameterValueText(value));
  }
  if (!parameters.empty()) append("parameters", parameters);
}

void ExecutionLog::End(const ExecutionEnd& end, const v1::PhaseTimes& times) {
  std::optional<TimerQueue::TimerId> timer;
  bool keep = true;
  {
    absl::MutexLock lock(&mutex_);
    keep = !may_leave_nothing_ || worth_keeping_ || !end.ok();
    if (keep) AppendEndLocked(end, times);
    request_ = nullptr;
    timer = std::exchange(timer_, std::nullopt);
  }
  if (timer.has_value()) timers_.Cancel(*timer);
  if (keep) SubmitWrite();
}

void ExecutionLog::AppendEndLocked(const ExecutionEnd& end,
                                   const v1::PhaseTimes& times) {
  if (progress_.has_value()) AppendProgressLocked();
  if (dropped_ > 0) {
    AppendLocked(LogLevel::kWarning, "records were dropped: the log is full",
                 {{"records", dropped_}});
  }
  AppendLocked(LevelOf(end.status()), "execution ended",
               {{"status", end.status()},
                {"queue", FromProtoDuration(times.queue())},
                {"read", FromProtoDuration(times.read())},
                {"compute", FromProtoDuration(times.compute())},
                {"write", FromProtoDuration(times.write())}});
}

void ExecutionLog::SubmitWrite() {
  // Refused while the volume hangs: the next one, if there is one, writes it.
  writer_->Submit([self = shared_from_this()] { self->Write(); }).IgnoreError();
}

void ExecutionLog::Write() {
  std::string bytes;
  {
    absl::MutexLock lock(&mutex_);
    bytes.swap(waiting_);
  }
  if (bytes.empty() || failed_) return;
  const absl::Status written = WriteBytes(bytes);
  if (written.ok()) return;
  failed_ = true;
  Log(LogLevel::kWarning, "the log of an execution is not kept",
      {{"path", path_}, {"error", written}});
}

absl::Status ExecutionLog::WriteBytes(absl::string_view bytes) {
  if (file_ == nullptr) SC_RETURN_IF_ERROR(OpenPart());
  return file_->Append({bytes});
}

absl::Status ExecutionLog::OpenPart() {
  SC_RETURN_IF_ERROR(CreateDirectories(*files_, ParentPath(path_)));
  absl::Status error;
  for (int part = 0; part < kMaxLogParts; ++part) {
    auto created = files_->CreateFile(LogPartUri(path_, part));
    error = created.status();
    if (created.ok()) file_ = *std::move(created);
    // Taken: the same execution was begun before, by a process that died.
    if (!absl::IsAlreadyExists(error)) break;
  }
  return error;
}

}  // namespace stagecoach
