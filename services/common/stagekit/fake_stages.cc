#include "services/common/stagekit/fake_stages.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

absl::Status CopyStage::Run(ExecutionContext& context) {
  ++runs_;
  SC_ASSIGN_OR_RETURN(const ArtifactReader source, context.OpenInput("source"));
  const int64_t times = context.Integer("times");
  std::string copy;
  for (int64_t done = 1; done <= times; ++done) {
    absl::StrAppend(&copy, source.bytes());
    v1::Progress progress;
    progress.set_units_done(done);
    progress.set_units_total(times);
    context.ReportProgress(progress);
    if (context.cancelled()) return absl::CancelledError();
  }
  if (context.String("mode") == "forget") return absl::OkStatus();
  SC_RETURN_IF_ERROR(context.WriteOutput("copy", copy));
  if (context.String("mode") == "fail") {
    return absl::FailedPreconditionError("the source is not to be copied");
  }
  context.SetMetric("bytes", static_cast<double>(copy.size()));
  return absl::OkStatus();
}

absl::Status BlockingStage::Run(ExecutionContext& context) {
  if (AwaitRelease(context)) return context.WriteOutput("done", "yes");
  SC_RETURN_IF_ERROR(context.SaveCheckpoint(1, {}, {{"left", "early"}}));
  return absl::CancelledError();
}

bool BlockingStage::AwaitRelease(const ExecutionContext& context) {
  absl::MutexLock lock(&mutex_);
  ++runs_;
  // Nothing wakes it when `cancelled` changes, hence the time limit.
  while (!released_ && !context.cancelled()) {
    mutex_.AwaitWithTimeout(absl::Condition(&released_), absl::Milliseconds(1));
  }
  return released_;
}

void BlockingStage::Release() {
  absl::MutexLock lock(&mutex_);
  released_ = true;
}

void BlockingStage::AwaitRuns(int count) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return runs_ >= count;
  };
  mutex_.Await(absl::Condition(&enough));
}

int BlockingStage::runs() const {
  absl::MutexLock lock(&mutex_);
  return runs_;
}

}  // namespace stagecoach
