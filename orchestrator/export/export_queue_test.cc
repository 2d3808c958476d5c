#include "orchestrator/export/export_queue.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;

// Keeps what it is sent; may be told to wait or to fail.
class FakeTarget {
 public:
  absl::Status Take(const std::vector<std::string>& records) {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    mutex_.Await(absl::Condition(&open_));
    if (!failures_.empty()) {
      const absl::Status failure = failures_.back();
      failures_.pop_back();
      return failure;
    }
    for (const std::string& record : records) taken_.push_back(record);
    return absl::OkStatus();
  }

  void SetOpen(bool open) {
    absl::MutexLock lock(&mutex_);
    open_ = open;
  }
  void FailWith(std::vector<absl::Status> failures) {
    absl::MutexLock lock(&mutex_);
    failures_ = std::move(failures);
  }
  void AwaitCalls(int count) {
    const auto reached = [this, count] {
      mutex_.AssertHeld();
      return calls_ >= count;
    };
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&reached));
  }
  std::vector<std::string> taken() {
    absl::MutexLock lock(&mutex_);
    return taken_;
  }

 private:
  absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<absl::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> taken_ ABSL_GUARDED_BY(mutex_);
};

class ExportQueueTest : public testing::Test {
 protected:
  void Start(const ExportOptions& options) {
    queue_ = std::make_unique<ExportQueue>(
        "test", options,
        [this](const auto& records) { return target_.Take(records); },
        metrics_);
  }
  void Offer(const std::string& record) {
    queue_->Offer([record] { return std::vector<std::string>{record}; });
  }

  prometheus::Registry registry_;
  ExportMetrics metrics_{registry_, "test"};
  FakeTarget target_;
  std::unique_ptr<ExportQueue> queue_;
};

TEST_F(ExportQueueTest, StoppingSendsWhatWaitsInOrder) {
  Start({.batch = 2});
  for (const char* record : {"a", "b", "c", "d", "e"}) Offer(record);
  queue_->Stop();
  EXPECT_THAT(target_.taken(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(metrics_.sent.Value(), 5);
  EXPECT_EQ(metrics_.dropped.Value(), 0);
}

TEST_F(ExportQueueTest, AFullQueueDropsAndHoldsNobodyUp) {
  target_.SetOpen(false);
  Start({.capacity = 2, .batch = 1});
  Offer("sent");
  target_.AwaitCalls(1);  // the queue is empty again, and its thread waits
  for (const char* record : {"a", "b", "c", "d"}) Offer(record);
  EXPECT_EQ(metrics_.dropped.Value(), 2);
  target_.SetOpen(true);
  queue_->Stop();
  EXPECT_THAT(target_.taken(), ElementsAre("sent", "a", "b"));
}

TEST_F(ExportQueueTest, ATargetThatIsAwayIsTriedAgain) {
  target_.FailWith({absl::UnavailableError("1"), absl::UnavailableError("2")});
  Start({.pause = absl::ZeroDuration()});
  Offer("a");
  target_.AwaitCalls(3);
  queue_->Stop();
  EXPECT_THAT(target_.taken(), ElementsAre("a"));
  EXPECT_EQ(metrics_.dropped.Value(), 0);
}

TEST_F(ExportQueueTest, WhatIsRefusedIsDroppedAndTheNextIsSent) {
  target_.FailWith({absl::InvalidArgumentError("refused")});
  Start({.batch = 1});
  Offer("a");
  Offer("b");
  queue_->Stop();
  EXPECT_THAT(target_.taken(), ElementsAre("b"));
  EXPECT_EQ(metrics_.dropped.Value(), 1);
  EXPECT_EQ(metrics_.sent.Value(), 1);
}

TEST_F(ExportQueueTest, StoppingWaitsForNoTargetThatIsAway) {
  target_.FailWith(
      std::vector<absl::Status>(9, absl::UnavailableError("away")));
  Start({.batch = 1, .pause = absl::Hours(1)});
  Offer("a");
  Offer("b");
  target_.AwaitCalls(1);
  queue_->Stop();
  EXPECT_EQ(metrics_.dropped.Value(), 2);
  Offer("late");
  EXPECT_EQ(metrics_.dropped.Value(), 3);
}

}  // namespace
}  // namespace stagecoach
