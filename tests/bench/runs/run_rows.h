// What a run of four no-op steps leaves in a store: as many rows, about as
// large, as the engine writes.

#ifndef TESTS_BENCH_RUNS_RUN_ROWS_H_
#define TESTS_BENCH_RUNS_RUN_ROWS_H_

#include <cstdint>

#include "orchestrator/store/run_store.h"

namespace stagecoach {

// The first commit of the run with this number: its steps are handed over.
RunWrite BeginOfRun(int64_t number);

// The second one: it has succeeded.
RunWrite EndOfRun(int64_t number);

}  // namespace stagecoach

#endif  // TESTS_BENCH_RUNS_RUN_ROWS_H_
