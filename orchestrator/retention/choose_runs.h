// Which runs go: the rules of retention, as pure functions.

#ifndef ORCHESTRATOR_RETENTION_CHOOSE_RUNS_H_
#define ORCHESTRATOR_RETENTION_CHOOSE_RUNS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// A run that has ended, as far as the choice looks at it.
struct RetentionCandidate {
  std::string run_id;
  std::string pipeline;
  std::string volume;
  absl::Time end_time;
  int64_t size_bytes = 0;  // of the artifacts that it has made
  // Why it stays whatever the policy says, e.g. a pin; empty: it may go.
  std::string kept_because;
};

// INVALID_ARGUMENT: no rule is set, so that nothing would go, or one is
// negative.
absl::Status CheckPolicy(const v1::RetentionPolicy& policy);

// Those of `runs` that no rule of `policy` keeps, in the same order. `runs` are
// all that have ended, oldest first.
std::vector<RetentionCandidate> RunsNotKept(
    std::vector<RetentionCandidate> runs, const v1::RetentionPolicy& policy,
    absl::Time now);

// The ids of the other runs that need a run, by the id of that run.
using NeededBy = std::map<std::string, std::vector<std::string>>;

struct RetentionChoice {
  // Those that go, and those that stay with the reason; in the order in which
  // they were given.
  std::vector<RetentionCandidate> going;
  std::vector<RetentionCandidate> kept;
  // The ids of those that go, each after all that need it: if only the first
  // few are deleted, no run is left without what it needs.
  std::vector<std::string> deletion_order;
};

// Of `candidates`, which the policy does not keep, those go that no run needs
// which stays: one that is no candidate, or one that stays in turn.
RetentionChoice ChooseRuns(std::vector<RetentionCandidate> candidates,
                           const NeededBy& needed_by);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_CHOOSE_RUNS_H_
