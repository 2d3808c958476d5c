// What every store has to decide and to cut out of a message: the rules of
// run_store.h as pure functions, so that all stores keep the same ones.

#ifndef ORCHESTRATOR_STORE_RUN_RULES_H_
#define ORCHESTRATOR_STORE_RUN_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "orchestrator/store/retention_store.h"
#include "orchestrator/store/run_store.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

inline constexpr int kMaxRunPageSize = 1000;

// Whether `update` may be written over a run that is stored with `state` and
// `lease_epoch`. ABORTED or FAILED_PRECONDITION, as RunStore::Commit.
absl::Status CheckUpdate(v1::RunState state, int64_t lease_epoch,
                         const v1::Run& update);

absl::Status RunNotFound(absl::string_view run_id);
absl::Status RunIdTaken(absl::string_view run_id);
absl::Status KeyTaken(absl::string_view key, absl::string_view run_id);
absl::Status CannotDelete(const std::string& run_id, v1::RunState state);
absl::Status CannotDeletePinned(absl::string_view run_id,
                                absl::string_view uri);
absl::Status CannotDeleteNeeded(absl::string_view run_id,
                                absl::string_view needed_by);
absl::Status CannotWish(const std::string& run_id, v1::RunState state);
absl::Status LeaseLost(absl::string_view holder);

// The run's own fields that may change: all but pipeline and steps.
v1::Run RunBody(const v1::Run& run);

// Version and digest say all that is in a pipeline: its digest, or one of its
// bytes if whoever made it has left that out.
std::string SpecificationDigest(const v1::Pipeline& pipeline);

// Whether a run that is now as `run` says leaves the place that it had among
// the runs of its pipeline: see CoordinationStore.
bool LeavesPlace(const v1::Run& run);

// Whether `step` of a run that is now as `run` says leaves the work for its
// cache key to others: see CoordinationStore.
bool LeavesWork(const v1::Run& run, const v1::Step& step);

// What a list shows of a step: all but attempts, outputs, progress and the key
// of its cache look-up.
v1::Step StepSummary(const v1::Step& step);

// Whether the outputs of `step` are to be recorded as artifacts that its run
// has made.
bool MakesArtifacts(const v1::Step& step);

// Whether `step` is to be recorded as a cached step.
bool IsCached(const v1::Step& step);

// What `step` says its run needs of other runs: the outputs that it has taken
// over, as reads without an input.
std::vector<ArtifactRead> TakenOver(const v1::Step& step);

// The output of `step` at `uri`, with what made it. NOT_FOUND: it has none.
absl::StatusOr<v1::RecordedArtifact> RecordedOutput(absl::string_view run_id,
                                                    const v1::Step& step,
                                                    absl::string_view uri);
absl::Status ArtifactNotFound(absl::string_view uri);

// Nanoseconds since 1970: of the run's creation, and of the step's last change.
int64_t CreateNanos(const v1::Run& run);
int64_t StateNanos(const v1::Step& step);

// `run`, which has ended, with the artifacts that its `steps` have made.
EndedRun ToEndedRun(const v1::Run& run, absl::Span<const v1::Step> steps);

// Where a page of runs ends: at the run of this creation time that was
// inserted as the `number`th.
struct RunPosition {
  int64_t create_nanos = 0;
  int64_t number = 0;
};

std::string FormatPageToken(const RunPosition& position);

// Where the page that `filter` asks for begins: after this position, in the
// order of the list. INVALID_ARGUMENT: the page size or the page token.
absl::StatusOr<RunPosition> StartOfPage(const RunFilter& filter);

// The first creation time that `filter` does not leave out.
int64_t OldestNanos(const RunFilter& filter);

// As StartOfPage, of a list without a filter and with the oldest first.
absl::StatusOr<RunPosition> StartOfEndedPage(absl::string_view page_token,
                                             int page_size);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_RUN_RULES_H_
