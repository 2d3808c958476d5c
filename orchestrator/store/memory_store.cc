#include "orchestrator/store/memory_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/pipeline_rules.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

bool Matches(const v1::Run& run, const RunFilter& filter) {
  return (filter.pipeline.empty() || run.pipeline_name() == filter.pipeline) &&
         (filter.state == v1::RUN_STATE_UNSPECIFIED ||
          run.state() == filter.state) &&
         CreateNanos(run) >= OldestNanos(filter);
}

v1::Run Listed(const v1::Run& run) {
  v1::Run listed = RunBody(run);
  listed.clear_outputs();
  for (const v1::Step& step : run.steps()) {
    *listed.add_steps() = StepSummary(step);
  }
  return listed;
}

}  // namespace

std::vector<absl::Status> MemoryStore::Commit(
    absl::Span<const RunWrite> writes) {
  absl::MutexLock lock(&mutex_);
  if (!commit_failure_.ok()) {
    return std::vector<absl::Status>(writes.size(), commit_failure_);
  }
  std::vector<absl::Status> statuses;
  statuses.reserve(writes.size());
  for (const RunWrite& write : writes) statuses.push_back(WriteLocked(write));
  return statuses;
}

absl::Status MemoryStore::WriteLocked(const RunWrite& write) {
  SC_ASSIGN_OR_RETURN(StoredRun* const stored, write.insert
                                                   ? InsertLocked(write)
                                                   : UpdateLocked(write.run));
  for (const RunWrite::StepWrite& step : write.steps) {
    WriteStepLocked(step, stored->run);
  }
  for (const v1::RunEvent& event : write.events) {
    stored->events.push_back(event);
    stored->events.back().set_cursor(stored->events.size());
  }
  for (const ArtifactRead& read : write.reads) {
    stored->reads.insert({read.uri, read.step, read.input});
  }
  return absl::OkStatus();
}

absl::StatusOr<MemoryStore::StoredRun*> MemoryStore::InsertLocked(
    const RunWrite& write) {
  const v1::Run& run = write.run;
  if (runs_.contains(run.id())) return RunIdTaken(run.id());
  if (!run.idempotency_key().empty()) {
    const auto [key, added] =
        id_by_key_.try_emplace(run.idempotency_key(), run.id());
    if (!added) return KeyTaken(run.idempotency_key(), key->second);
  }
  StoredRun& stored = runs_[run.id()];
  stored.number = ++last_number_;
  stored.run = RunBody(run);
  *stored.run.mutable_pipeline() = run.pipeline();
  stored.request_digest = write.request_digest;
  by_time_[{CreateNanos(run), stored.number}] = run.id();
  return &stored;
}

absl::StatusOr<MemoryStore::StoredRun*> MemoryStore::UpdateLocked(
    const v1::Run& run) {
  const auto found = runs_.find(run.id());
  if (found == runs_.end()) return RunNotFound(run.id());
  v1::Run& stored = found->second.run;
  SC_RETURN_IF_ERROR(CheckUpdate(stored.state(), stored.lease_epoch(), run));
  v1::Run updated = RunBody(run);
  updated.mutable_pipeline()->Swap(stored.mutable_pipeline());
  updated.mutable_steps()->Swap(stored.mutable_steps());
  stored.Swap(&updated);
  if (IsTerminal(run.state())) ForgetWishesLocked(run.id());
  if (LeavesPlace(run)) {
    places_.erase(run.id());
    std::erase_if(
        work_, [&](const auto& work) { return work.second.first == run.id(); });
  }
  return &found->second;
}

void MemoryStore::WriteStepLocked(const RunWrite::StepWrite& write,
                                  v1::Run& run) {
  while (run.steps_size() <= write.index) run.add_steps();
  v1::Step& step = *run.mutable_steps(write.index);
  step = write.step;
  step.clear_progress();
  if (LeavesWork(run, step)) {
    const std::pair<std::string, int> place(run.id(), write.index);
    std::erase_if(work_,
                  [&](const auto& work) { return work.second == place; });
  }
  for (const ArtifactRead& read : TakenOver(step)) {
    runs_.at(run.id()).reads.insert({read.uri, read.step, read.input});
  }
  if (!MakesArtifacts(step)) return;
  for (const v1::Artifact& output : step.outputs()) {
    outputs_by_uri_.try_emplace(output.uri(),
                                OutputPlace{run.id(), write.index});
  }
}

absl::StatusOr<v1::Run> MemoryStore::GetRun(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return RunNotFound(run_id);
  return found->second.run;
}

absl::StatusOr<RunPage> MemoryStore::ListRuns(const RunFilter& filter) {
  SC_ASSIGN_OR_RETURN(const RunPosition start, StartOfPage(filter));
  absl::MutexLock lock(&mutex_);
  RunPage page;
  RunPosition last;
  auto place = by_time_.lower_bound({start.create_nanos, start.number});
  while (place != by_time_.begin()) {
    --place;
    const v1::Run& run = runs_.at(place->second).run;
    if (!Matches(run, filter)) continue;
    if (static_cast<int>(page.runs.size()) == filter.page_size) {
      page.next_page_token = FormatPageToken(last);
      break;
    }
    page.runs.push_back(Listed(run));
    last = {place->first.first, place->first.second};
  }
  return page;
}

absl::StatusOr<std::vector<v1::Run>> MemoryStore::UnfinishedRuns() {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::Run> runs;
  for (const auto& [time, id] : by_time_) {
    const v1::Run& run = runs_.at(id).run;
    if (!IsTerminal(run.state())) runs.push_back(run);
  }
  return runs;
}

absl::StatusOr<std::optional<KeyedRun>> MemoryStore::FindRunByKey(
    absl::string_view key) {
  absl::MutexLock lock(&mutex_);
  const auto found = id_by_key_.find(key);
  if (found == id_by_key_.end()) return std::nullopt;
  return KeyedRun{found->second, runs_.at(found->second).request_digest};
}

absl::StatusOr<std::vector<v1::RunEvent>> MemoryStore::ListEvents(
    absl::string_view run_id, int64_t after_cursor, int limit) {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::RunEvent> events;
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return events;
  for (const v1::RunEvent& event : found->second.events) {
    if (static_cast<int>(events.size()) >= limit) break;
    if (event.cursor() > after_cursor) events.push_back(event);
  }
  return events;
}

absl::Status MemoryStore::DeleteRun(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return absl::OkStatus();
  SC_RETURN_IF_ERROR(CheckDeletableLocked(found->second.run));
  DeleteLocked(found->first);
  return absl::OkStatus();
}

absl::StatusOr<v1::RecordedArtifact> MemoryStore::FindArtifact(
    absl::string_view uri) {
  absl::MutexLock lock(&mutex_);
  const auto found = outputs_by_uri_.find(uri);
  if (found == outputs_by_uri_.end()) return ArtifactNotFound(uri);
  const OutputPlace& place = found->second;
  SC_ASSIGN_OR_RETURN(
      v1::RecordedArtifact recorded,
      RecordedOutput(place.run_id, runs_.at(place.run_id).run.steps(place.step),
                     uri));
  recorded.set_pinned(pinned_.contains(uri));
  return recorded;
}

absl::StatusOr<std::vector<v1::ArtifactUse>> MemoryStore::FindArtifactUses(
    absl::string_view uri) {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::ArtifactUse> uses;
  for (const auto& [id, stored] : runs_) {
    for (const auto& [read_uri, step, input] : stored.reads) {
      if (read_uri != uri || input.empty()) continue;
      v1::ArtifactUse& use = uses.emplace_back();
      use.set_run_id(id);
      use.set_step(step);
      use.set_input(input);
    }
  }
  return uses;
}

std::vector<CachedStep> MemoryStore::CachedStepsLocked(
    absl::FunctionRef<bool(const v1::Step&)> accepts, int limit) {
  std::vector<CachedStep> steps;
  for (const auto& [time, id] : by_time_) {
    for (const v1::Step& step : runs_.at(id).run.steps()) {
      if (IsCached(step) && accepts(step)) steps.push_back({id, step});
    }
  }
  std::reverse(steps.begin(), steps.end());
  std::stable_sort(steps.begin(), steps.end(),
                   [](const CachedStep& a, const CachedStep& b) {
                     return StateNanos(a.step) > StateNanos(b.step);
                   });
  steps.resize(std::min<size_t>(steps.size(), limit));
  return steps;
}

absl::StatusOr<std::vector<CachedStep>> MemoryStore::FindCachedSteps(
    absl::string_view cache_key, int limit) {
  absl::MutexLock lock(&mutex_);
  return CachedStepsLocked(
      [&](const v1::Step& step) { return step.cache().key() == cache_key; },
      limit);
}

absl::StatusOr<std::vector<CachedStep>> MemoryStore::RecentCachedSteps(
    absl::string_view stage, int limit) {
  absl::MutexLock lock(&mutex_);
  return CachedStepsLocked(
      [&](const v1::Step& step) { return step.stage() == stage; }, limit);
}

absl::StatusOr<AppliedPipeline> MemoryStore::ApplyPipeline(
    const StoredPipeline& pipeline) {
  absl::MutexLock lock(&mutex_);
  std::vector<StoredPipeline>& versions = pipelines_[pipeline.pipeline.name()];
  if (!versions.empty() &&
      versions.back().pipeline.digest() == pipeline.pipeline.digest()) {
    return AppliedPipeline{versions.back().pipeline, /*changed=*/false};
  }
  versions.push_back(pipeline);
  versions.back().pipeline.set_version(versions.size());
  return AppliedPipeline{versions.back().pipeline, /*changed=*/true};
}

absl::StatusOr<StoredPipeline> MemoryStore::GetPipeline(absl::string_view name,
                                                        int64_t version) {
  absl::MutexLock lock(&mutex_);
  const auto found = pipelines_.find(name);
  if (found == pipelines_.end()) return PipelineNotFound(name);
  const std::vector<StoredPipeline>& versions = found->second;
  const int64_t newest = static_cast<int64_t>(versions.size());
  if (version == 0) return versions.back();
  if (version < 0 || version > newest) {
    return VersionNotFound(name, version, newest);
  }
  return versions[version - 1];
}

absl::StatusOr<std::vector<v1::Pipeline>> MemoryStore::ListPipelines() {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::Pipeline> newest;
  for (const auto& [name, versions] : pipelines_) {
    newest.push_back(versions.back().pipeline);
  }
  return newest;
}

void MemoryStore::FailCommitsForTest(absl::Status failure) {
  absl::MutexLock lock(&mutex_);
  commit_failure_ = std::move(failure);
}

}  // namespace stagecoach
