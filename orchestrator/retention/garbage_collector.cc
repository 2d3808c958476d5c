// Deleting: from the plan to the last mark.

#include "orchestrator/retention/garbage_collector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Runs deleted with one commit: few, because others wait for it.
constexpr size_t kBatch = 16;

std::string RunFolder(absl::string_view run_id) {
  return JoinPath(kRunsFolder, run_id);
}

void AddRun(const RetentionCandidate& run, absl::string_view reason,
            v1::CollectedRun* collected) {
  collected->set_run_id(run.run_id);
  collected->set_size_bytes(run.size_bytes);
  collected->set_reason(std::string(reason));
}

std::string UriOf(absl::string_view volume, absl::string_view path) {
  return absl::StrCat("pvc://", volume, "/", path);
}

absl::Status Stopping() {
  return absl::UnavailableError("the orchestrator is stopping; try again");
}

absl::StatusOr<int64_t> SizeOf(FileSystem& files, absl::string_view path) {
  const absl::StatusOr<Contents> contents = LookInto(files, path);
  if (absl::IsNotFound(contents.status())) return 0;
  if (!contents.ok()) return contents.status();
  return contents->size_bytes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<FileSystem>> GarbageCollector::Volume(
    absl::string_view name) {
  SC_ASSIGN_OR_RETURN(std::shared_ptr<FileSystem> files,
                      FindVolume(volumes_, name));
  SC_RETURN_IF_ERROR(check_volume_(name));
  return files;
}

void GarbageCollector::LogFailure(absl::string_view what,
                                  const absl::Status& status) {
  metrics_.Failed();
  Log(LogLevel::kWarning, "cannot remove what was deleted; it is tried again",
      {{"what", what}, {"error", status}});
}

absl::StatusOr<v1::CollectGarbageResponse> GarbageCollector::Collect(
    const v1::CollectGarbageRequest& request) {
  SC_RETURN_IF_ERROR(CheckPolicy(request.policy()));
  if (stopping_) return Stopping();
  const absl::Duration start = clock_.Elapsed();
  if (!request.dry_run()) SC_RETURN_IF_ERROR(CompleteDeletions());
  SC_ASSIGN_OR_RETURN(const Plan plan, MakePlan(request));
  absl::StatusOr<v1::CollectGarbageResponse> response =
      request.dry_run() ? Foretell(plan) : CarryOut(plan);
  metrics_.Collected(clock_.Elapsed() - start);
  return response;
}

absl::StatusOr<v1::CollectGarbageResponse> GarbageCollector::Foretell(
    const Plan& plan) {
  v1::CollectGarbageResponse response;
  int64_t bytes = 0;
  for (const RetentionCandidate& run : plan.choice.going) {
    SC_ASSIGN_OR_RETURN(const std::shared_ptr<FileSystem> files,
                        Volume(run.volume));
    SC_ASSIGN_OR_RETURN(const int64_t size,
                        SizeOf(*files, RunFolder(run.run_id)));
    bytes += size;
    AddRun(run, "", response.add_deleted());
  }
  for (const RetentionCandidate& run : plan.choice.kept) {
    AddRun(run, run.kept_because, response.add_kept());
  }
  for (const Orphan& orphan : plan.orphans) {
    bytes += orphan.leftover.size_bytes;
    response.add_orphans(UriOf(orphan.volume, orphan.leftover.path));
  }
  response.set_freed_bytes(bytes);
  return response;
}

absl::StatusOr<v1::CollectGarbageResponse> GarbageCollector::CarryOut(
    const Plan& plan) {
  std::map<std::string, std::string> volumes;
  for (const RetentionCandidate& run : plan.choice.going) {
    volumes[run.run_id] = run.volume;
  }
  v1::CollectGarbageResponse response;
  int64_t bytes = 0;
  Refused refused;
  absl::Span<const std::string> rest = plan.choice.deletion_order;
  for (; !rest.empty(); rest.remove_prefix(std::min(kBatch, rest.size()))) {
    if (stopping_) return Stopping();
    SC_ASSIGN_OR_RETURN(
        const std::vector<PendingDeletion> begun,
        StartDeletion(rest.subspan(0, kBatch), volumes, refused));
    bytes += RemoveFolders(begun);
  }
  for (const RetentionCandidate& run : plan.choice.going) {
    const auto found = refused.find(run.run_id);
    if (found == refused.end()) {
      AddRun(run, "", response.add_deleted());
    } else {
      AddRun(run, found->second, response.add_kept());
    }
  }
  for (const RetentionCandidate& run : plan.choice.kept) {
    AddRun(run, run.kept_because, response.add_kept());
  }
  for (const auto& [volume, leftover] : plan.orphans) {
    const std::string uri = UriOf(volume, leftover.path);
    const absl::Status removed = Remove(*volumes_.at(volume), leftover);
    if (!removed.ok()) {
      LogFailure(uri, removed);
      continue;
    }
    metrics_.OrphanDeleted();
    metrics_.Freed(leftover.size_bytes);
    bytes += leftover.size_bytes;
    response.add_orphans(uri);
  }
  response.set_freed_bytes(bytes);
  SC_RETURN_IF_ERROR(CountPending());
  return response;
}

absl::StatusOr<std::vector<PendingDeletion>> GarbageCollector::StartDeletion(
    absl::Span<const std::string> run_ids,
    const std::map<std::string, std::string>& volumes, Refused& refused) {
  std::vector<PendingDeletion> begun;
  const absl::Status all = store_.StartDeletion(run_ids);
  if (!all.ok() && !absl::IsFailedPrecondition(all)) return all;
  for (const std::string& run_id : run_ids) {
    if (!all.ok()) {
      // Something has changed since the plan was made: a new pin, or a new run
      // that needs one of them.
      const absl::Status one = store_.StartDeletion({run_id});
      if (absl::IsFailedPrecondition(one)) {
        refused[run_id] = std::string(one.message());
        continue;
      }
      SC_RETURN_IF_ERROR(one);
    }
    metrics_.RunDeleted();
    begun.push_back({run_id, volumes.at(run_id)});
  }
  return begun;
}

absl::Status GarbageCollector::CompleteDeletions() {
  SC_ASSIGN_OR_RETURN(const std::vector<PendingDeletion> pending,
                      store_.PendingDeletions());
  absl::Span<const PendingDeletion> rest = pending;
  for (; !rest.empty(); rest.remove_prefix(std::min(kBatch, rest.size()))) {
    if (stopping_) return Stopping();
    RemoveFolders(rest.subspan(0, kBatch));
  }
  return CountPending();
}

// Returns how many bytes that has freed.
int64_t GarbageCollector::RemoveFolders(
    absl::Span<const PendingDeletion> deletions) {
  int64_t bytes = 0;
  std::map<std::string, std::vector<std::string>> removed;  // by volume
  for (const PendingDeletion& deletion : deletions) {
    const absl::StatusOr<int64_t> freed = RemoveFolder(deletion);
    if (!freed.ok()) {
      LogFailure(deletion.run_id, freed.status());
      continue;
    }
    bytes += *freed;
    removed[deletion.volume].push_back(deletion.run_id);
  }
  for (const auto& [volume, run_ids] : removed) {
    const absl::Status finished = FinishDeletions(volume, run_ids);
    if (!finished.ok()) LogFailure(volume, finished);
  }
  metrics_.Freed(bytes);
  return bytes;
}

absl::StatusOr<int64_t> GarbageCollector::RemoveFolder(
    const PendingDeletion& deletion) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<FileSystem> files,
                      Volume(deletion.volume));
  const std::string path = RunFolder(deletion.run_id);
  SC_ASSIGN_OR_RETURN(const int64_t bytes, SizeOf(*files, path));
  SC_RETURN_IF_ERROR(Remove(*files, {.path = path}));
  return bytes;
}

// Once it survives a power cut that the folders are gone, nobody needs to
// remember that they are to go.
absl::Status GarbageCollector::FinishDeletions(
    const std::string& volume, const std::vector<std::string>& run_ids) {
  const absl::Status synced = volumes_.at(volume)->SyncDirectory(kRunsFolder);
  if (!synced.ok() && !absl::IsNotFound(synced)) return synced;
  for (const std::string& run_id : run_ids) {
    SC_RETURN_IF_ERROR(store_.FinishDeletion(run_id));
  }
  return absl::OkStatus();
}

absl::Status GarbageCollector::CountPending() {
  SC_ASSIGN_OR_RETURN(const std::vector<PendingDeletion> pending,
                      store_.PendingDeletions());
  metrics_.SetPendingDeletions(pending.size());
  return absl::OkStatus();
}

}  // namespace stagecoach
