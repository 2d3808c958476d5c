// Finding out what goes, which a dry run ends with.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/retention/garbage_collector.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr int kPageSize = 500;

RetentionCandidate ToCandidate(const EndedRun& run,
                               const std::set<std::string>& pinned) {
  RetentionCandidate candidate;
  candidate.run_id = run.run_id;
  candidate.pipeline = run.pipeline;
  candidate.volume = run.volume;
  candidate.end_time = run.end_time;
  for (const v1::Artifact& artifact : run.artifacts) {
    candidate.size_bytes += artifact.size_bytes();
    if (pinned.contains(artifact.uri())) {
      candidate.kept_because = absl::StrCat(artifact.uri(), " is pinned");
    }
  }
  return candidate;
}

}  // namespace

absl::StatusOr<std::vector<RetentionCandidate>>
GarbageCollector::ReadEndedRuns() {
  SC_ASSIGN_OR_RETURN(const std::vector<std::string> uris,
                      store_.PinnedArtifacts());
  const std::set<std::string> pinned(uris.begin(), uris.end());
  std::vector<RetentionCandidate> ended;
  std::string token;
  do {
    SC_ASSIGN_OR_RETURN(const EndedRunPage page,
                        store_.ListEndedRuns(token, kPageSize));
    for (const EndedRun& run : page.runs) {
      ended.push_back(ToCandidate(run, pinned));
    }
    token = page.next_page_token;
  } while (!token.empty());
  return ended;
}

absl::StatusOr<NeededBy> GarbageCollector::FindNeeds(
    const std::vector<RetentionCandidate>& candidates) {
  NeededBy needed_by;
  for (const RetentionCandidate& run : candidates) {
    SC_ASSIGN_OR_RETURN(std::vector<std::string> needers,
                        store_.RunsThatNeed(run.run_id));
    if (!needers.empty()) needed_by[run.run_id] = std::move(needers);
  }
  return needed_by;
}

absl::StatusOr<GarbageCollector::Plan> GarbageCollector::MakePlan(
    const v1::CollectGarbageRequest& request) {
  SC_ASSIGN_OR_RETURN(std::vector<RetentionCandidate> ended, ReadEndedRuns());
  std::vector<RetentionCandidate> candidates =
      RunsNotKept(ended, request.policy(), clock_.Now());
  if (!request.pipeline().empty()) {
    std::erase_if(candidates, [&request](const RetentionCandidate& run) {
      return run.pipeline != request.pipeline();
    });
  }
  for (RetentionCandidate& run : candidates) {
    const absl::Status answers = Volume(run.volume).status();
    if (!answers.ok()) run.kept_because = std::string(answers.message());
  }
  SC_ASSIGN_OR_RETURN(const NeededBy needed_by, FindNeeds(candidates));
  Plan plan;
  plan.choice = ChooseRuns(std::move(candidates), needed_by);
  // What belongs to no run belongs to no pipeline.
  if (!request.pipeline().empty()) return plan;
  SC_ASSIGN_OR_RETURN(const KnownRuns known, FindKnownRuns(ended, plan.choice));
  SC_ASSIGN_OR_RETURN(plan.orphans, FindOrphans(known, request.policy()));
  return plan;
}

absl::StatusOr<KnownRuns> GarbageCollector::FindKnownRuns(
    const std::vector<RetentionCandidate>& ended,
    const RetentionChoice& choice) {
  KnownRuns known;
  for (const RetentionCandidate& run : ended) known.ended.insert(run.run_id);
  SC_ASSIGN_OR_RETURN(const std::vector<v1::Run> unfinished,
                      store_.UnfinishedRuns());
  for (const v1::Run& run : unfinished) known.passed_over.insert(run.id());
  SC_ASSIGN_OR_RETURN(const std::vector<PendingDeletion> pending,
                      store_.PendingDeletions());
  for (const PendingDeletion& deletion : pending) {
    known.passed_over.insert(deletion.run_id);
  }
  for (const RetentionCandidate& run : choice.going) {
    known.passed_over.insert(run.run_id);
  }
  return known;
}

absl::StatusOr<std::vector<GarbageCollector::Orphan>>
GarbageCollector::FindOrphans(const KnownRuns& runs,
                              const v1::RetentionPolicy& policy) {
  const absl::Time old = clock_.Now() - kSafeAge;
  std::vector<Orphan> orphans;
  for (const auto& [volume, files] : volumes_) {
    const absl::Status answers = check_volume_(volume);
    if (!answers.ok()) {
      Log(LogLevel::kWarning, "volume is not searched for what is left over",
          {{"volume", volume}, {"error", answers}});
      continue;
    }
    SC_ASSIGN_OR_RETURN(std::vector<Leftover> found,
                        FindLeftovers(*files, runs, old));
    if (policy.has_max_age()) {
      const absl::Time kept_since =
          clock_.Now() - FromProtoDuration(policy.max_age());
      SC_ASSIGN_OR_RETURN(std::vector<Leftover> uploads,
                          FindOldUploads(*files, std::min(old, kept_since)));
      std::move(uploads.begin(), uploads.end(), std::back_inserter(found));
    }
    for (Leftover& leftover : found) {
      orphans.push_back({volume, std::move(leftover)});
    }
  }
  return orphans;
}

absl::StatusOr<std::vector<Leftover>> GarbageCollector::FindOldUploads(
    FileSystem& files, absl::Time old) {
  SC_ASSIGN_OR_RETURN(std::vector<Leftover> uploads,
                      FindUnusedUploads(files, /*used=*/{}, old));
  // Most often there is none, and no need to look through all runs.
  if (uploads.empty()) return uploads;
  SC_ASSIGN_OR_RETURN(const std::set<std::string> used, UsedUris());
  return FindUnusedUploads(files, used, old);
}

// What runs were given, and what pipelines give them.
absl::StatusOr<std::set<std::string>> GarbageCollector::UsedUris() {
  std::set<std::string> used;
  RunFilter all;
  all.page_size = kPageSize;
  do {
    SC_ASSIGN_OR_RETURN(const RunPage page, store_.ListRuns(all));
    for (const v1::Run& run : page.runs) {
      for (const auto& [name, input] : run.inputs()) used.insert(input.uri());
    }
    all.page_token = page.next_page_token;
  } while (!all.page_token.empty());
  SC_ASSIGN_OR_RETURN(const std::vector<v1::Pipeline> pipelines,
                      store_.ListPipelines());
  for (const v1::Pipeline& pipeline : pipelines) {
    for (const v1::PipelineInput& input : pipeline.inputs()) {
      used.insert(input.default_uri());
    }
  }
  return used;
}

}  // namespace stagecoach
