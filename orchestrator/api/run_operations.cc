// Operations on runs.

#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/operations.h"
#include "orchestrator/cache/explain.h"
#include "orchestrator/pipeline/plan.h"
#include "orchestrator/pipeline/plan_retry.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/ids.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/trace_parent.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

constexpr size_t kMaxKeyLength = 128;
constexpr int kEventPage = 500;
// Steps that are planned in some ten microseconds.
constexpr int kStepsAtOnce = 16;
// Earlier steps of one stage among which the nearest is looked for.
constexpr int kExplainSteps = 200;

absl::Status CheckKey(absl::string_view key) {
  bool printable = true;
  for (const char c : key) printable = printable && c > ' ' && c < 0x7f;
  if (printable && key.size() <= kMaxKeyLength) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "idempotency_key has ", key.size(), " characters; it must be at most ",
      kMaxKeyLength, " printable ASCII characters without spaces"));
}

absl::Status CheckRunId(absl::string_view run_id) {
  if (!run_id.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "run_id is empty; it must be the id of a run");
}

std::string NewRunId(const v1::Run& run, absl::Time now) {
  return absl::StrCat(run.pipeline_name(), "-", TimeOrderedId(now, 10));
}

}  // namespace

absl::StatusOr<v1::Run> Operations::Plan(const v1::RunRequest& request) {
  if (const auto newest = NewestInMemory(request)) {
    return PlanOf(newest->pipeline, request);
  }
  SC_ASSIGN_OR_RETURN(
      const StoredPipeline stored,
      GetPipeline(request.pipeline(), request.pipeline_version()));
  return PlanOf(stored.pipeline, request);
}

std::shared_ptr<const StoredPipeline> Operations::NewestInMemory(
    const v1::RunRequest& request) const {
  return request.pipeline_version() == 0
             ? store_.NewestInMemory(request.pipeline())
             : nullptr;
}

absl::StatusOr<v1::Run> Operations::PlanOf(const v1::Pipeline& pipeline,
                                           const v1::RunRequest& request) {
  SC_RETURN_IF_ERROR(CheckKey(request.idempotency_key()));
  SC_ASSIGN_OR_RETURN(
      v1::Run run, PlanRun(request, pipeline, [this](absl::string_view stage) {
        return Describe(stage);
      }));
  run.set_idempotency_key(request.idempotency_key());
  if (run.volume().empty()) run.set_volume(options_.volumes.front());
  SC_RETURN_IF_ERROR(CheckVolume(run.volume()));
  for (const auto& [name, artifact] : run.inputs()) {
    SC_RETURN_IF_ERROR(CheckAnswers(artifact.uri()), "input '", name, "'");
  }
  SC_RETURN_IF_ERROR(CheckServing(run));
  return run;
}

absl::Status Operations::CheckVolume(absl::string_view volume) const {
  if (absl::c_linear_search(options_.volumes, volume)) {
    return options_.check_volume(volume);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no volume '", volume, "'",
                   NearestNameHint(volume, options_.volumes)));
}

// Nobody waits for a volume that hangs.
absl::Status Operations::CheckAnswers(absl::string_view uri) const {
  SC_ASSIGN_OR_RETURN(const ArtifactUri parsed, ArtifactUri::Parse(uri));
  return CheckVolume(parsed.volume());
}

// Goes on with the run if its inputs are there. Until it is known that a volume
// hangs, looking waits for it, which is not to hold up other calls.
void Operations::CheckInputsThen(v1::Run run, const Engine::RunCallback& done,
                                 std::function<void(v1::Run run)> next) {
  if (run.inputs().empty()) {
    next(std::move(run));
    return;
  }
  const absl::Status submitted = options_.on_volume(
      [this, run = std::move(run), done, next = std::move(next)]() mutable {
        const absl::Status there = CheckInputs(run);
        if (there.ok()) {
          next(std::move(run));
        } else {
          done(there);
        }
      });
  if (!submitted.ok()) done(submitted);
}

// That every artifact given to the run is there.
absl::Status Operations::CheckInputs(const v1::Run& run) {
  for (const auto& [name, artifact] : run.inputs()) {
    SC_RETURN_IF_ERROR(CheckAnswers(artifact.uri()), "input '", name, "'");
    SC_RETURN_IF_ERROR(artifacts_.Inspect(artifact.uri()).status(), "input '",
                       name, "'");
  }
  return absl::OkStatus();
}

absl::Status Operations::CheckServing(const v1::Run& run) {
  if (options_.accept_without_replicas) return absl::OkStatus();
  std::set<absl::string_view> stages;
  for (const v1::Step& step : run.steps()) {
    if (!IsTerminal(step.state())) stages.insert(step.stage());
  }
  for (const absl::string_view stage : stages) {
    SC_RETURN_IF_ERROR(fleet_.CheckServing(stage));
  }
  return absl::OkStatus();
}

void Operations::Submit(v1::Run run, std::string digest,
                        const Engine::RunCallback& done) {
  run.set_id(NewRunId(run, engine_.Now()));
  engine_.Submit(std::move(run), std::move(digest), done);
}

// Tells of the call before its caller is answered, unless the answer is a run
// that an earlier call has made.
Engine::RunCallback Operations::TellCreated(absl::string_view method,
                                            absl::string_view trace_parent,
                                            const v1::Run& run,
                                            Engine::RunCallback done) {
  if (!options_.on_created) return done;
  CreatingCall call = {
      std::string(method), std::string(trace_parent), engine_.Now(), {}};
  return [this, call = std::move(call), own = run.trace_parent(),
          done = std::move(done)](absl::StatusOr<const v1::Run*> created) {
    if (created.ok() && (*created)->trace_parent() == own) {
      CreatingCall ended = call;
      ended.end = engine_.Now();
      options_.on_created(std::move(ended), **created);
    }
    done(created);
  };
}

void Operations::CreateRun(const v1::RunRequest& request,
                           absl::string_view trace_parent,
                           Engine::RunCallback done) {
  CreateRunAsPlanned(Plan(request), request, trace_parent, std::move(done));
}

bool Operations::CreateRunAtOnce(const v1::RunRequest& request,
                                 absl::string_view trace_parent,
                                 Engine::RunCallback done) {
  const auto newest = NewestInMemory(request);
  if (newest == nullptr || newest->pipeline.steps_size() > kStepsAtOnce) {
    return false;
  }
  CreateRunAsPlanned(PlanOf(newest->pipeline, request), request, trace_parent,
                     std::move(done));
  return true;
}

void Operations::CreateRunAsPlanned(absl::StatusOr<v1::Run> run,
                                    const v1::RunRequest& request,
                                    absl::string_view trace_parent,
                                    Engine::RunCallback done) {
  if (!run.ok()) {
    done(run.status());
    return;
  }
  run->set_trace_parent(NewSpan(trace_parent));
  done = TellCreated("CreateRun", trace_parent, *run, std::move(done));
  CheckInputsThen(
      *std::move(run), done,
      [this, digest = RequestDigest(request), done](v1::Run planned) {
        Submit(std::move(planned), digest, done);
      });
}

void Operations::ValidateRun(const v1::RunRequest& request,
                             const Engine::RunCallback& done) {
  absl::StatusOr<v1::Run> run = Plan(request);
  if (!run.ok()) {
    done(run.status());
    return;
  }
  CheckInputsThen(*std::move(run), done,
                  [done](v1::Run planned) { done(&planned); });
}

absl::StatusOr<v1::Run> Operations::GetRun(absl::string_view run_id) {
  SC_RETURN_IF_ERROR(CheckRunId(run_id));
  SC_ASSIGN_OR_RETURN(v1::Run run, store_.GetRun(run_id));
  const std::shared_ptr<RunFeed> feed = engine_.feeds().Find(run_id);
  if (feed == nullptr) return run;
  const std::map<std::string, v1::Progress> progress = feed->LatestProgress();
  for (v1::Step& step : *run.mutable_steps()) {
    const auto found = progress.find(step.name());
    if (found != progress.end()) *step.mutable_progress() = found->second;
  }
  return run;
}

absl::StatusOr<RunPage> Operations::ListRuns(
    const v1::ListRunsRequest& request) {
  RunFilter filter;
  filter.pipeline = request.pipeline();
  filter.state = request.state();
  filter.page_token = request.page_token();
  if (request.has_created_after()) {
    filter.created_after = FromTimestamp(request.created_after());
  }
  if (request.has_created_before()) {
    filter.created_before = FromTimestamp(request.created_before());
  }
  if (request.page_size() != 0) filter.page_size = request.page_size();
  return store_.ListRuns(filter);
}

void Operations::CancelRun(const v1::CancelRunRequest& request,
                           const Engine::RunCallback& done) {
  const absl::Status id = CheckRunId(request.run_id());
  if (!id.ok()) {
    done(id);
    return;
  }
  engine_.CancelRun(request.run_id(), request.reason(), done);
}

void Operations::PauseRun(const std::string& run_id,
                          const Engine::RunCallback& done) {
  const absl::Status id = CheckRunId(run_id);
  if (!id.ok()) {
    done(id);
    return;
  }
  engine_.PauseRun(run_id, done);
}

void Operations::ResumeRun(const std::string& run_id,
                           const Engine::RunCallback& done) {
  const absl::Status id = CheckRunId(run_id);
  if (!id.ok()) {
    done(id);
    return;
  }
  engine_.ResumeRun(run_id, done);
}

// Whether every output of a step is where it was recorded, in its size. What
// is in it is checked by whoever reads it.
absl::StatusOr<bool> Operations::OutputsAreThere(const v1::Step& step) {
  for (const v1::Artifact& output : step.outputs()) {
    SC_RETURN_IF_ERROR(CheckAnswers(output.uri()));
    const absl::StatusOr<v1::Artifact> found = artifacts_.Inspect(output.uri());
    if (absl::IsNotFound(found.status())) return false;
    if (!found.ok()) return found.status();
    if (found->size_bytes() != output.size_bytes()) return false;
  }
  return true;
}

absl::StatusOr<v1::Run> Operations::PlanRetryOf(
    const v1::RetryRunRequest& request) {
  SC_RETURN_IF_ERROR(CheckRunId(request.run_id()));
  SC_RETURN_IF_ERROR(CheckKey(request.idempotency_key()));
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(request.run_id()));
  absl::flat_hash_set<std::string> redo;
  for (const v1::Step& step : run.steps()) {
    if (step.state() != v1::STEP_STATE_SUCCEEDED) continue;
    SC_ASSIGN_OR_RETURN(const bool there, OutputsAreThere(step), "step '",
                        step.name(), "' of run ", run.id());
    if (!there) redo.insert(step.name());
  }
  SC_ASSIGN_OR_RETURN(v1::Run retry, PlanRetry(run, redo));
  retry.set_idempotency_key(request.idempotency_key());
  SC_RETURN_IF_ERROR(CheckServing(retry));
  return retry;
}

void Operations::RetryRun(const v1::RetryRunRequest& request,
                          absl::string_view trace_parent,
                          const Engine::RunCallback& done) {
  absl::Status going = CheckRetryAnswers(request.run_id());
  if (going.ok()) {
    going = options_.on_volume(
        [this, request, trace_parent = std::string(trace_parent), done] {
          absl::StatusOr<v1::Run> retry = PlanRetryOf(request);
          if (!retry.ok()) {
            done(retry.status());
            return;
          }
          retry->set_trace_parent(NewSpan(trace_parent));
          const Engine::RunCallback told =
              TellCreated("RetryRun", trace_parent, *retry, done);
          Submit(*std::move(retry), RetryDigest(request.run_id()), told);
        });
  }
  if (!going.ok()) done(going);
}

// That the volume on which a run left its artifacts answers.
absl::Status Operations::CheckRetryAnswers(const std::string& run_id) {
  SC_RETURN_IF_ERROR(CheckRunId(run_id));
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(run_id));
  return CheckVolume(run.volume());
}

void Operations::DeleteRun(const std::string& run_id,
                           const Engine::StatusCallback& done) {
  const absl::Status id = CheckRunId(run_id);
  if (!id.ok()) {
    done(id);
    return;
  }
  engine_.DeleteRun(run_id, done);
}

absl::StatusOr<std::vector<v1::StepExplanation>> Operations::ExplainRun(
    const std::string& run_id) {
  SC_RETURN_IF_ERROR(CheckRunId(run_id));
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(run_id));
  std::vector<v1::StepExplanation> explanations;
  for (const v1::Step& step : run.steps()) {
    if (!step.has_cache()) continue;
    SC_ASSIGN_OR_RETURN(const std::vector<CachedStep> others,
                        store_.RecentCachedSteps(step.stage(), kExplainSteps));
    explanations.push_back(ExplainStep(run_id, step, others));
  }
  return explanations;
}

absl::StatusOr<std::function<void()>> Operations::WatchRun(
    const std::string& run_id, int64_t after_cursor,
    const std::shared_ptr<RunWatcher>& watcher) {
  SC_RETURN_IF_ERROR(CheckRunId(run_id));
  if (after_cursor < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "after_cursor is ", after_cursor, "; it must be at least 0"));
  }
  const std::shared_ptr<RunFeed> feed = engine_.feeds().Find(run_id);
  if (feed == nullptr) {
    SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(run_id));
    if (IsTerminal(run.state())) {
      SC_RETURN_IF_ERROR(ReplayEnded(run, after_cursor, *watcher));
      return [] {};
    }
    tails_.Add(run_id, after_cursor, watcher);
    return [this, watcher] { tails_.Remove(watcher.get()); };
  }
  feed->Add(watcher, after_cursor);
  return [feed, watcher] { feed->Remove(watcher.get()); };
}

absl::Status Operations::ReplayEnded(const v1::Run& run, int64_t after_cursor,
                                     RunWatcher& watcher) {
  for (;;) {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::RunEvent> events,
                        store_.ListEvents(run.id(), after_cursor, kEventPage));
    for (const v1::RunEvent& event : events) {
      watcher.OnEvent(event);
      after_cursor = event.cursor();
    }
    if (events.size() < kEventPage) break;
  }
  watcher.OnEnd(run);
  return absl::OkStatus();
}

}  // namespace stagecoach
