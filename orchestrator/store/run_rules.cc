#include "orchestrator/store/run_rules.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

std::string StateName(v1::RunState state) {
  constexpr absl::string_view kPrefix = "RUN_STATE_";
  const std::string name = v1::RunState_Name(state);
  return name.empty() ? absl::StrCat(static_cast<int>(state))
                      : name.substr(kPrefix.size());
}

}  // namespace

absl::Status CheckUpdate(v1::RunState state, int64_t lease_epoch,
                         const v1::Run& update) {
  if (update.lease_epoch() < lease_epoch) {
    return absl::AbortedError(absl::StrCat(
        "run ", update.id(), " was last written under lease epoch ",
        lease_epoch, ", which is newer than ", update.lease_epoch()));
  }
  if (IsTerminal(state) && update.state() != state) {
    return absl::FailedPreconditionError(
        absl::StrCat("run ", update.id(), " has ended as ", StateName(state),
                     " and cannot become ", StateName(update.state())));
  }
  return absl::OkStatus();
}

absl::Status RunNotFound(absl::string_view run_id) {
  return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
}

absl::Status RunIdTaken(absl::string_view run_id) {
  return absl::AlreadyExistsError(
      absl::StrCat("there is a run ", run_id, " already"));
}

absl::Status KeyTaken(absl::string_view key, absl::string_view run_id) {
  return absl::AlreadyExistsError(absl::StrCat(
      "idempotency key \"", key, "\" belongs to run ", run_id, " already"));
}

absl::Status CannotDelete(const std::string& run_id, v1::RunState state) {
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run_id, " is ", StateName(state),
                   "; only a run that has ended can be deleted"));
}

v1::Run RunBody(const v1::Run& run) {
  v1::Run body;
  body.set_id(run.id());
  body.set_state(run.state());
  *body.mutable_parameters() = run.parameters();
  *body.mutable_inputs() = run.inputs();
  *body.mutable_outputs() = run.outputs();
  if (run.has_error()) *body.mutable_error() = run.error();
  if (run.has_create_time()) *body.mutable_create_time() = run.create_time();
  if (run.has_start_time()) *body.mutable_start_time() = run.start_time();
  if (run.has_end_time()) *body.mutable_end_time() = run.end_time();
  if (run.has_times()) *body.mutable_times() = run.times();
  body.set_idempotency_key(run.idempotency_key());
  body.set_retry_of(run.retry_of());
  body.set_volume(run.volume());
  body.set_lease_epoch(run.lease_epoch());
  body.set_pipeline_name(run.pipeline_name());
  return body;
}

v1::Step StepSummary(const v1::Step& step) {
  v1::Step summary;
  summary.set_name(step.name());
  summary.set_stage(step.stage());
  summary.set_state(step.state());
  if (step.has_error()) *summary.mutable_error() = step.error();
  if (step.has_state_time()) *summary.mutable_state_time() = step.state_time();
  if (step.has_ready_time()) *summary.mutable_ready_time() = step.ready_time();
  if (step.has_next_attempt_time()) {
    *summary.mutable_next_attempt_time() = step.next_attempt_time();
  }
  summary.set_reused_from_run(step.reused_from_run());
  return summary;
}

bool MakesArtifacts(const v1::Step& step) {
  return step.state() == v1::STEP_STATE_SUCCEEDED &&
         step.reused_from_run().empty();
}

absl::StatusOr<v1::RecordedArtifact> RecordedOutput(absl::string_view run_id,
                                                    const v1::Step& step,
                                                    absl::string_view uri) {
  for (const v1::Artifact& output : step.outputs()) {
    if (output.uri() != uri) continue;
    v1::RecordedArtifact recorded;
    *recorded.mutable_artifact() = output;
    recorded.set_run_id(std::string(run_id));
    recorded.set_step(step.name());
    for (const v1::Attempt& attempt : step.attempts()) {
      if (attempt.state() == v1::ATTEMPT_STATE_SUCCEEDED) {
        recorded.set_attempt(attempt.number());
      }
    }
    return recorded;
  }
  return ArtifactNotFound(uri);
}

absl::Status ArtifactNotFound(absl::string_view uri) {
  return absl::NotFoundError(
      absl::StrCat("no run has recorded an artifact ", uri));
}

int64_t CreateNanos(const v1::Run& run) {
  return run.create_time().seconds() * kNanosPerSecond +
         run.create_time().nanos();
}

std::string FormatPageToken(const RunPosition& position) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(position.create_nanos, "/", position.number));
}

absl::StatusOr<RunPosition> StartOfPage(const RunFilter& filter) {
  if (filter.page_size < 1 || filter.page_size > kMaxRunPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size is ", filter.page_size,
                     "; it must be from 1 to ", kMaxRunPageSize));
  }
  if (filter.page_token.empty()) {
    return RunPosition{std::numeric_limits<int64_t>::max(),
                       std::numeric_limits<int64_t>::max()};
  }
  RunPosition start;
  std::string text;
  absl::WebSafeBase64Unescape(filter.page_token, &text);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &start.create_nanos) ||
      !absl::SimpleAtoi(parts[1], &start.number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_token \"", filter.page_token,
                     "\" is not one that this list has returned"));
  }
  return start;
}

}  // namespace stagecoach
