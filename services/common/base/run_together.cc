#include "services/common/base/run_together.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/synchronization/blocking_counter.h"

namespace stagecoach {
namespace {

// Shared with helpers that may come when all is done.
class Work {
 public:
  explicit Work(std::vector<std::function<absl::Status()>> tasks)
      : tasks_(std::move(tasks)),
        results_(tasks_.size()),
        left_(static_cast<int>(tasks_.size())) {}

  // Does tasks until all have been taken.
  void TakePart() {
    for (size_t i = next_++; i < tasks_.size(); i = next_++) {
      results_[i] = tasks_[i]();
      left_.DecrementCount();
    }
  }

  absl::Status Await() {
    left_.Wait();
    for (absl::Status& result : results_) {
      if (!result.ok()) return std::move(result);
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<std::function<absl::Status()>> tasks_;
  std::vector<absl::Status> results_;  // each is written by who took its task
  std::atomic<size_t> next_ = 0;
  absl::BlockingCounter left_;
};

}  // namespace

absl::Status RunTogether(BoundedExecutor& helpers,
                         std::vector<std::function<absl::Status()>> tasks) {
  if (tasks.empty()) return absl::OkStatus();
  const size_t wanted = tasks.size() - 1;
  const auto work = std::make_shared<Work>(std::move(tasks));
  for (size_t i = 0; i < wanted; ++i) {
    if (!helpers.Submit([work] { work->TakePart(); }).ok()) break;
  }
  work->TakePart();
  return work->Await();
}

}  // namespace stagecoach
