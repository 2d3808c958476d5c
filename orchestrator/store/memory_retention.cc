// The part of MemoryStore that keeps and deletes.

#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {

absl::Status MemoryStore::SetPinned(absl::string_view uri, bool pinned) {
  absl::MutexLock lock(&mutex_);
  if (!outputs_by_uri_.contains(uri)) return ArtifactNotFound(uri);
  if (pinned) {
    pinned_.emplace(uri);
  } else {
    pinned_.erase(std::string(uri));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryStore::PinnedArtifacts() {
  absl::MutexLock lock(&mutex_);
  return std::vector<std::string>(pinned_.begin(), pinned_.end());
}

absl::StatusOr<EndedRunPage> MemoryStore::ListEndedRuns(
    absl::string_view page_token, int page_size) {
  SC_ASSIGN_OR_RETURN(const RunPosition start,
                      StartOfEndedPage(page_token, page_size));
  absl::MutexLock lock(&mutex_);
  EndedRunPage page;
  RunPosition last;
  for (auto place = by_time_.upper_bound({start.create_nanos, start.number});
       place != by_time_.end(); ++place) {
    const v1::Run& run = runs_.at(place->second).run;
    if (!IsTerminal(run.state())) continue;
    if (static_cast<int>(page.runs.size()) == page_size) {
      page.next_page_token = FormatPageToken(last);
      break;
    }
    page.runs.push_back(ToEndedRun(
        run, std::vector<v1::Step>(run.steps().begin(), run.steps().end())));
    last = {place->first.first, place->first.second};
  }
  return page;
}

std::set<std::string> MemoryStore::NeededByLocked(const v1::Run& run) {
  std::set<std::string> uris;
  for (const v1::Step& step : run.steps()) {
    if (!MakesArtifacts(step)) continue;
    for (const v1::Artifact& output : step.outputs()) uris.insert(output.uri());
  }
  std::set<std::string> needed_by;
  for (const auto& [id, other] : runs_) {
    const bool needs = absl::c_any_of(other.reads, [&](const auto& read) {
      return uris.contains(std::get<0>(read));
    });
    if (needs && id != run.id()) needed_by.insert(id);
  }
  return needed_by;
}

absl::StatusOr<std::vector<std::string>> MemoryStore::RunsThatNeed(
    absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return std::vector<std::string>();
  const std::set<std::string> ids = NeededByLocked(found->second.run);
  return std::vector<std::string>(ids.begin(), ids.end());
}

absl::Status MemoryStore::NeedArtifacts(absl::string_view run_id,
                                        absl::Span<const std::string> uris) {
  absl::MutexLock lock(&mutex_);
  const auto run = runs_.find(run_id);
  if (run == runs_.end()) return RunNotFound(run_id);
  for (const std::string& uri : uris) {
    if (!outputs_by_uri_.contains(uri)) return ArtifactNotFound(uri);
  }
  for (const std::string& uri : uris) run->second.reads.insert({uri, "", ""});
  return absl::OkStatus();
}

absl::Status MemoryStore::CheckDeletableLocked(const v1::Run& run) {
  if (!IsTerminal(run.state())) return CannotDelete(run.id(), run.state());
  for (const v1::Step& step : run.steps()) {
    if (!MakesArtifacts(step)) continue;
    for (const v1::Artifact& output : step.outputs()) {
      if (pinned_.contains(output.uri())) {
        return CannotDeletePinned(run.id(), output.uri());
      }
    }
  }
  return absl::OkStatus();
}

void MemoryStore::DeleteLocked(const std::string& run_id) {
  const auto found = runs_.find(run_id);
  const v1::Run& run = found->second.run;
  for (const v1::Step& step : run.steps()) {
    for (const v1::Artifact& output : step.outputs()) {
      const auto place = outputs_by_uri_.find(output.uri());
      if (place == outputs_by_uri_.end()) continue;
      if (place->second.run_id == run_id) outputs_by_uri_.erase(place);
    }
  }
  ForgetWishesLocked(run_id);
  id_by_key_.erase(run.idempotency_key());
  by_time_.erase({CreateNanos(run), found->second.number});
  runs_.erase(found);
}

absl::Status MemoryStore::StartDeletion(absl::Span<const std::string> run_ids) {
  absl::MutexLock lock(&mutex_);
  std::set<std::string> going;
  for (const std::string& run_id : run_ids) {
    if (runs_.contains(run_id)) going.insert(run_id);
  }
  for (const std::string& run_id : going) {
    const v1::Run& run = runs_.at(run_id).run;
    SC_RETURN_IF_ERROR(CheckDeletableLocked(run));
    for (const std::string& other : NeededByLocked(run)) {
      if (!going.contains(other)) return CannotDeleteNeeded(run_id, other);
    }
  }
  for (const std::string& run_id : going) {
    deletions_.push_back({run_id, runs_.at(run_id).run.volume()});
    DeleteLocked(run_id);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PendingDeletion>> MemoryStore::PendingDeletions() {
  absl::MutexLock lock(&mutex_);
  return deletions_;
}

absl::Status MemoryStore::FinishDeletion(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(deletions_, [&](const PendingDeletion& deletion) {
    return deletion.run_id == run_id;
  });
  return absl::OkStatus();
}

}  // namespace stagecoach
