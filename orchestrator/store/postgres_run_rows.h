// The rows that a commit writes, collected column by column. Part of
// PostgresStore.

#ifndef ORCHESTRATOR_STORE_POSTGRES_RUN_ROWS_H_
#define ORCHESTRATOR_STORE_POSTGRES_RUN_ROWS_H_

#include <cstdint>
#include <vector>

#include "orchestrator/store/postgres_value.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach::postgres {

// Threads: one at a time.
class RunRows {
 public:
  // A run to be inserted with this number and specification.
  void Insert(const RunWrite& write, int64_t number, int64_t specification);

  // A run that has this number, and had `event_count` events before.
  void Update(const RunWrite& write, int64_t number, int64_t event_count);

  // What writes all of it; no statement for what there is none of.
  std::vector<PostgresStatement> Statements() const;

 private:
  void AddParts(const RunWrite& write, int64_t number, int64_t event_count);
  void AddStep(const v1::Run& run, const v1::Step& step, int64_t number,
               int64_t position);
  void AddReads(const std::vector<ArtifactRead>& reads, int64_t number);

  using Array = PostgresArray;
  struct {
    Array number = Array::Integers(), id = Array::Texts(),
          pipeline = Array::Texts(), state = Array::Integers(),
          create_time = Array::Integers(), lease_epoch = Array::Integers(),
          event_count = Array::Integers(), holder = Array::Texts(),
          specification = Array::Integers(), request_digest = Array::Texts(),
          key = Array::Texts(), body = Array::Bytes();
  } inserts_;
  struct {
    Array number = Array::Integers(), state = Array::Integers(),
          lease_epoch = Array::Integers(), event_count = Array::Integers(),
          holder = Array::Texts(), body = Array::Bytes();
  } updates_;
  struct {
    Array run = Array::Integers(), position = Array::Integers(),
          summary = Array::Bytes(), body = Array::Bytes();
  } steps_;
  struct {
    Array run = Array::Integers(), cursor = Array::Integers(),
          body = Array::Bytes();
  } events_;
  struct {
    Array uri = Array::Texts(), run = Array::Integers(),
          position = Array::Integers();
  } artifacts_;
  struct {
    Array uri = Array::Texts(), run = Array::Integers(), step = Array::Texts(),
          input = Array::Texts();
  } reads_;
  struct {
    Array key = Array::Texts(), time = Array::Integers(),
          run = Array::Integers(), position = Array::Integers(),
          stage = Array::Texts();
  } cached_;
  Array ended_ = Array::Integers();
  Array left_ = Array::Integers();  // runs that leave place and work
  struct {
    Array run = Array::Integers(), position = Array::Integers();
  } work_left_;
};

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_RUN_ROWS_H_
