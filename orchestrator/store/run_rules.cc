#include "orchestrator/store/run_rules.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr RunPosition kBeforeAll = {std::numeric_limits<int64_t>::min(),
                                    std::numeric_limits<int64_t>::min()};
constexpr RunPosition kAfterAll = {std::numeric_limits<int64_t>::max(),
                                   std::numeric_limits<int64_t>::max()};

int64_t ToNanos(const google::protobuf::Timestamp& time) {
  return time.seconds() * kNanosPerSecond + time.nanos();
}

std::string StateName(v1::RunState state) {
  constexpr absl::string_view kPrefix = "RUN_STATE_";
  const std::string name = v1::RunState_Name(state);
  return name.empty() ? absl::StrCat(static_cast<int>(state))
                      : name.substr(kPrefix.size());
}

absl::Status CheckPageSize(int page_size) {
  if (page_size >= 1 && page_size <= kMaxRunPageSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "page_size is ", page_size, "; it must be from 1 to ", kMaxRunPageSize));
}

absl::StatusOr<RunPosition> ParsePageToken(absl::string_view page_token) {
  RunPosition position;
  std::string text;
  absl::WebSafeBase64Unescape(page_token, &text);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &position.create_nanos) &&
      absl::SimpleAtoi(parts[1], &position.number)) {
    return position;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("page_token \"", page_token,
                   "\" is not one that this list has returned"));
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

absl::Status CannotDeletePinned(absl::string_view run_id,
                                absl::string_view uri) {
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run_id, " has made artifact ", uri,
                   ", which is pinned; unpin it first"));
}

absl::Status CannotDeleteNeeded(absl::string_view run_id,
                                absl::string_view needed_by) {
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run_id, " has made an artifact that run ", needed_by,
                   " has used; delete that run too"));
}

absl::Status CannotWish(const std::string& run_id, v1::RunState state) {
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run_id, " has ended as ", StateName(state)));
}

absl::Status LeaseLost(absl::string_view holder) {
  return absl::AbortedError(
      absl::StrCat("the lease of orchestrator ", holder,
                   " has ended, and others may have acquired its runs"));
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
  body.set_trace_parent(run.trace_parent());
  body.set_priority(run.priority());
  body.set_cache_mode(run.cache_mode());
  body.set_holder(run.holder());
  return body;
}

std::string SpecificationDigest(const v1::Pipeline& pipeline) {
  return pipeline.digest().empty() ? Sha256Hex(pipeline.SerializeAsString())
                                   : pipeline.digest();
}

bool LeavesPlace(const v1::Run& run) {
  return IsTerminal(run.state()) ||
         (run.state() == v1::RUN_STATE_PAUSED && !run.has_start_time());
}

bool LeavesWork(const v1::Run& run, const v1::Step& step) {
  return step.has_cache() &&
         (IsTerminal(step.state()) || (run.state() == v1::RUN_STATE_PAUSED &&
                                       step.state() != v1::STEP_STATE_RUNNING));
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
  if (step.has_cache()) {
    v1::CacheLookup& cache = *summary.mutable_cache();
    cache.set_outcome(step.cache().outcome());
    cache.set_run_id(step.cache().run_id());
    cache.set_step(step.cache().step());
    cache.set_reason(step.cache().reason());
  }
  return summary;
}

bool MakesArtifacts(const v1::Step& step) {
  return step.state() == v1::STEP_STATE_SUCCEEDED &&
         step.reused_from_run().empty();
}

bool IsCached(const v1::Step& step) {
  return MakesArtifacts(step) && !step.cache().key().empty();
}

std::vector<ArtifactRead> TakenOver(const v1::Step& step) {
  std::vector<ArtifactRead> reads;
  if (step.reused_from_run().empty()) return reads;
  for (const v1::Artifact& output : step.outputs()) {
    reads.push_back({output.uri(), step.name(), /*input=*/""});
  }
  return reads;
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

int64_t CreateNanos(const v1::Run& run) { return ToNanos(run.create_time()); }

int64_t StateNanos(const v1::Step& step) { return ToNanos(step.state_time()); }

EndedRun ToEndedRun(const v1::Run& run, absl::Span<const v1::Step> steps) {
  EndedRun ended;
  ended.run_id = run.id();
  ended.pipeline = run.pipeline_name();
  ended.volume = run.volume();
  ended.end_time = FromTimestamp(run.end_time());
  for (const v1::Step& step : steps) {
    if (!MakesArtifacts(step)) continue;
    ended.artifacts.insert(ended.artifacts.end(), step.outputs().begin(),
                           step.outputs().end());
  }
  return ended;
}

std::string FormatPageToken(const RunPosition& position) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(position.create_nanos, "/", position.number));
}

absl::StatusOr<RunPosition> StartOfPage(const RunFilter& filter) {
  SC_RETURN_IF_ERROR(CheckPageSize(filter.page_size));
  RunPosition start = kAfterAll;
  if (!filter.page_token.empty()) {
    SC_ASSIGN_OR_RETURN(start, ParsePageToken(filter.page_token));
  }
  // Numbers count from 1, so none of that very instant comes after it.
  const int64_t end = absl::ToUnixNanos(filter.created_before);
  if (end <= start.create_nanos) start = {end, 0};
  return start;
}

int64_t OldestNanos(const RunFilter& filter) {
  return absl::ToUnixNanos(filter.created_after);
}

absl::StatusOr<RunPosition> StartOfEndedPage(absl::string_view page_token,
                                             int page_size) {
  SC_RETURN_IF_ERROR(CheckPageSize(page_size));
  if (page_token.empty()) return kBeforeAll;
  return ParsePageToken(page_token);
}

}  // namespace stagecoach
