#include "orchestrator/retention/choose_runs.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using Position = std::map<std::string, size_t>;

// By the position of each candidate: those of the runs that need it which are
// candidates, too.
using Edges = std::vector<std::vector<size_t>>;

const std::vector<std::string>& NeedersOf(const NeededBy& needed_by,
                                          const std::string& run_id) {
  static const auto& nobody = *new std::vector<std::string>();
  const auto found = needed_by.find(run_id);
  return found == needed_by.end() ? nobody : found->second;
}

// Keeps what a run that is no candidate needs, and links the others.
Edges LinkCandidates(const NeededBy& needed_by,
                     std::vector<RetentionCandidate>& candidates) {
  Position position;
  for (size_t i = 0; i < candidates.size(); ++i) {
    position[candidates[i].run_id] = i;
  }
  Edges needed_candidates(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    for (const std::string& id : NeedersOf(needed_by, candidates[i].run_id)) {
      const auto found = position.find(id);
      if (found != position.end()) {
        needed_candidates[found->second].push_back(i);
      } else if (candidates[i].kept_because.empty()) {
        candidates[i].kept_because = absl::StrCat("run ", id, " needs it");
      }
    }
  }
  return needed_candidates;
}

// What stays keeps what it needs, and so on.
void SpreadKept(const Edges& needs, std::vector<RetentionCandidate>& runs) {
  std::deque<size_t> kept;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].kept_because.empty()) kept.push_back(i);
  }
  for (; !kept.empty(); kept.pop_front()) {
    for (const size_t needed : needs[kept.front()]) {
      if (!runs[needed].kept_because.empty()) continue;
      runs[needed].kept_because =
          absl::StrCat("run ", runs[kept.front()].run_id, " needs it");
      kept.push_back(needed);
    }
  }
}

// Those that go, each after all that need it.
std::vector<std::string> DeletionOrder(
    const Edges& needs, const std::vector<RetentionCandidate>& runs) {
  std::vector<int> needers(runs.size(), 0);
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const size_t needed : needs[i]) ++needers[needed];
  }
  std::deque<size_t> ready;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (needers[i] == 0) ready.push_back(i);
  }
  std::vector<std::string> order;
  for (; !ready.empty(); ready.pop_front()) {
    const size_t next = ready.front();
    if (runs[next].kept_because.empty()) order.push_back(runs[next].run_id);
    for (const size_t needed : needs[next]) {
      if (--needers[needed] == 0) ready.push_back(needed);
    }
  }
  return order;
}

}  // namespace

absl::Status CheckPolicy(const v1::RetentionPolicy& policy) {
  const absl::Duration max_age = FromProtoDuration(policy.max_age());
  if (policy.has_max_age() && max_age < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("policy.max_age is ", absl::FormatDuration(max_age),
                     "; it must be at least 0"));
  }
  if (policy.keep_last() < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "policy.keep_last is ", policy.keep_last(), "; it must be at least 0"));
  }
  if (!policy.has_max_age() && policy.keep_last() == 0) {
    return absl::InvalidArgumentError(
        "policy has no rule, so that it keeps everything; set max_age, "
        "keep_last or both");
  }
  return absl::OkStatus();
}

std::vector<RetentionCandidate> RunsNotKept(
    std::vector<RetentionCandidate> runs, const v1::RetentionPolicy& policy,
    absl::Time now) {
  const absl::Time young = policy.has_max_age()
                               ? now - FromProtoDuration(policy.max_age())
                               : absl::InfiniteFuture();
  std::map<std::string, int> rest;  // runs of each pipeline that are to come
  for (const RetentionCandidate& run : runs) ++rest[run.pipeline];
  std::vector<RetentionCandidate> not_kept;
  for (RetentionCandidate& run : runs) {
    const bool among_last = rest[run.pipeline]-- <= policy.keep_last();
    if (among_last || run.end_time > young) continue;
    not_kept.push_back(std::move(run));
  }
  return not_kept;
}

RetentionChoice ChooseRuns(std::vector<RetentionCandidate> candidates,
                           const NeededBy& needed_by) {
  const Edges needs = LinkCandidates(needed_by, candidates);
  SpreadKept(needs, candidates);
  RetentionChoice choice;
  choice.deletion_order = DeletionOrder(needs, candidates);
  for (RetentionCandidate& run : candidates) {
    (run.kept_because.empty() ? choice.going : choice.kept)
        .push_back(std::move(run));
  }
  return choice;
}

}  // namespace stagecoach
