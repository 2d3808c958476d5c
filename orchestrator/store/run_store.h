// What the orchestrator remembers of runs, behind an interface: one contract,
// several implementations, one contract suite for all of them.

#ifndef ORCHESTRATOR_STORE_RUN_STORE_H_
#define ORCHESTRATOR_STORE_RUN_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// A step that read an artifact, recorded for lineage.
struct ArtifactRead {
  std::string uri;
  std::string step;
  std::string input;
};

// One transition of one run: everything that becomes durable together.
struct RunWrite {
  // Whether the run is inserted; otherwise it is updated.
  bool insert = false;
  // The run's own fields. Its `steps` are not looked at, its `pipeline` only
  // when inserting. `create_time`, `idempotency_key` and `pipeline_name` stay
  // as inserted: an update gives them unchanged.
  v1::Run run;
  // Only when inserting: identifies the request for its idempotency key.
  std::string request_digest;
  // The steps that changed (all of them when inserting), with their position
  // from 0. Their `progress` is not kept.
  struct StepWrite {
    int index = 0;
    v1::Step step;
  };
  std::vector<StepWrite> steps;
  // Events to append; their cursors continue those already there.
  std::vector<v1::RunEvent> events;
  // Artifacts that a step of this transition has read.
  std::vector<ArtifactRead> reads;
};

// Which runs to list. Newest first by creation time; runs of the same instant
// with the one inserted last first.
struct RunFilter {
  std::string pipeline;                                // empty: any
  v1::RunState state = v1::RUN_STATE_UNSPECIFIED;      // unspecified: any
  absl::Time created_after = absl::InfinitePast();     // at this time or later
  absl::Time created_before = absl::InfiniteFuture();  // before this time
  int page_size = 50;                                  // 1 to 1000
  std::string page_token;                              // empty: first page
};

struct RunPage {
  std::vector<v1::Run> runs;
  std::string next_page_token;  // empty: no more
};

// The run that an idempotency key belongs to.
struct KeyedRun {
  std::string run_id;
  std::string request_digest;
};

// A step that has succeeded and whose result equal steps may take over: it
// knows its key, outputs and, by `state_time`, its age.
struct CachedStep {
  std::string run_id;
  v1::Step step;
};

// Threads: Commit and DeleteRun from one thread at a time; reads from any
// thread, at the same time as Commit. A read sees all that was committed
// before it began.
//
// Failure: every method may return UNAVAILABLE (the store does not answer:
// try again), RESOURCE_EXHAUSTED (no room) or DATA_LOSS (the store is damaged).
class RunStore {
 public:
  virtual ~RunStore() = default;

  // Makes all `writes` durable with one synchronous commit: after it returns,
  // those that are OK survive power loss. Each write happens whole or not at
  // all. Returns one status per write, in order:
  //   ALREADY_EXISTS  inserting: the id or the idempotency key is taken.
  //   NOT_FOUND       updating: there is no such run.
  //   ABORTED         a newer lease epoch has written the run.
  //   FAILED_PRECONDITION  the run is terminal and its state would change.
  // If the commit itself fails, every status is that failure and nothing was
  // written.
  //
  // Outputs of steps in state SUCCEEDED that were not taken over from another
  // run are recorded as artifacts; those of them that have a cache key are
  // recorded as cached steps.
  virtual std::vector<absl::Status> Commit(
      absl::Span<const RunWrite> writes) = 0;

  // The run with its steps. NOT_FOUND: no such run.
  virtual absl::StatusOr<v1::Run> GetRun(absl::string_view run_id) = 0;

  // Runs without pipeline and outputs, with their steps without attempts and
  // outputs. INVALID_ARGUMENT: the page size or the page token.
  virtual absl::StatusOr<RunPage> ListRuns(const RunFilter& filter) = 0;

  // Every run that is not terminal, with its steps, oldest first.
  virtual absl::StatusOr<std::vector<v1::Run>> UnfinishedRuns() = 0;

  // The run that was created with `key`, if any. `key` is not empty.
  virtual absl::StatusOr<std::optional<KeyedRun>> FindRunByKey(
      absl::string_view key) = 0;

  // Up to `limit` events with a cursor above `after_cursor`, in order. An
  // unknown run has none.
  virtual absl::StatusOr<std::vector<v1::RunEvent>> ListEvents(
      absl::string_view run_id, int64_t after_cursor, int limit) = 0;

  // Forgets a run, its steps, events, artifact and cache records; OK if there
  // is no such run. FAILED_PRECONDITION: it is not terminal, or one of its
  // artifacts is pinned.
  virtual absl::Status DeleteRun(absl::string_view run_id) = 0;

  // The artifact recorded under `uri`. NOT_FOUND: none is.
  virtual absl::StatusOr<v1::RecordedArtifact> FindArtifact(
      absl::string_view uri) = 0;

  // The steps that have read the artifact, in no particular order.
  virtual absl::StatusOr<std::vector<v1::ArtifactUse>> FindArtifactUses(
      absl::string_view uri) = 0;

  // Records that a run needs these artifacts, as by taking them over, before it
  // does: from then on retention deletes none of them. NOT_FOUND: one of them,
  // or the run, is not recorded, perhaps no longer; nothing is recorded then.
  virtual absl::Status NeedArtifacts(absl::string_view run_id,
                                     absl::Span<const std::string> uris) = 0;

  // The newest of the cached steps with `cache_key`, newest first, `limit` at
  // most.
  virtual absl::StatusOr<std::vector<CachedStep>> FindCachedSteps(
      absl::string_view cache_key, int limit) = 0;

  // The newest of the cached steps of `stage`, newest first, `limit` at most.
  virtual absl::StatusOr<std::vector<CachedStep>> RecentCachedSteps(
      absl::string_view stage, int limit) = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_RUN_STORE_H_
