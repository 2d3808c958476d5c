// The results of earlier steps, as the engine sees them: the key of a step,
// and a verified result for a key.

#ifndef ORCHESTRATOR_CACHE_RESULT_CACHE_H_
#define ORCHESTRATOR_CACHE_RESULT_CACHE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/pipeline/plan.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// A step that is ready to be done.
struct CacheQuery {
  std::string stage;
  ParameterValues parameters;
  Artifacts inputs;
};

// A step that wants a result.
struct CacheSearch {
  std::string key;
  absl::Time not_before = absl::InfinitePast();  // when it was made
  // The step that asks: the run's id, and its position in the run.
  std::string run_id;
  int step = 0;
};

// What there is for a key.
struct CacheAnswer {
  // Whether nobody has looked, because a step of another orchestrator is about
  // to have the result: ask again when it has ended.
  bool elsewhere = false;
  // HIT, MISS or INVALID.
  v1::CacheOutcome outcome = v1::CACHE_OUTCOME_MISS;
  // Unless MISS: the step that had the result.
  std::string run_id;
  std::string step;
  // Unless HIT: why it is none.
  std::string reason;
  // Of a HIT: whole, and with their recorded digests.
  std::vector<v1::Artifact> outputs;
  absl::Time made = absl::InfinitePast();
};

// Threads: every method may be called from any thread and returns at once; a
//          volume that hangs holds up the answer, never the caller.
class ResultCache {
 public:
  using KeyCallback = std::function<void(absl::StatusOr<v1::CacheLookup>)>;
  using AnswerCallback = std::function<void(absl::StatusOr<CacheAnswer>)>;

  virtual ~ResultCache() = default;

  // Tells `done` the key of a step with its parts. Any error means that there
  // is no key, e.g. because an input cannot be read.
  virtual void MakeKey(CacheQuery query, KeyCallback done) = 0;

  // Tells `done` the newest result that is still there, whole, or that a step
  // elsewhere is about to have one. Unless it is the latter, it is for the step
  // that asks to do the work, if there is no result. Any error means that
  // nobody could look.
  virtual void Find(CacheSearch search, AnswerCallback done) = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CACHE_RESULT_CACHE_H_
