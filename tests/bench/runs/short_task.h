// Work for threads whose cost is measured.

#ifndef TESTS_BENCH_RUNS_SHORT_TASK_H_
#define TESTS_BENCH_RUNS_SHORT_TASK_H_

#include <benchmark/benchmark.h>

namespace stagecoach {

// About as long as a stage needs for an execution that does nothing. The same
// code wherever it is called from.
[[gnu::noinline]] inline void ShortTask() {
  for (int i = 0; i < 10'000; ++i) benchmark::DoNotOptimize(i);
}

}  // namespace stagecoach

#endif  // TESTS_BENCH_RUNS_SHORT_TASK_H_
