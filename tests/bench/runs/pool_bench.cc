// What it costs to have many short tasks done by a pool of threads that sleep:
// as a stage does when executions of many runs arrive in one message.

#include <benchmark/benchmark.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "services/common/base/bounded_executor.h"
#include "tests/bench/runs/short_task.h"

namespace stagecoach {
namespace {

constexpr int kThreads = 16;
constexpr int kTasks = 64;

// The pool of the textbooks: for every task a thread is woken.
class PlainPool {
 public:
  PlainPool() {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] { RunThread(); });
    }
  }

  ~PlainPool() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Submit(std::function<void()> task) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void RunThread() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

template <typename Submit>
void DoTasks(benchmark::State& state, const Submit& submit) {
  for (auto _ : state) {
    absl::BlockingCounter left(kTasks);
    for (int i = 0; i < kTasks; ++i) {
      submit([&left] {
        ShortTask();
        left.DecrementCount();
      });
    }
    left.Wait();
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}

void BM_Pool(benchmark::State& state) {
  BoundedExecutor pool("bench", kThreads, kTasks);
  DoTasks(state, [&pool](std::function<void()> task) {
    pool.Submit(std::move(task)).IgnoreError();
  });
}

void BM_PlainPool(benchmark::State& state) {
  PlainPool pool;
  DoTasks(state, [&pool](std::function<void()> task) {
    pool.Submit(std::move(task));
  });
}

BENCHMARK(BM_Pool)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BM_PlainPool)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace stagecoach

BENCHMARK_MAIN();
