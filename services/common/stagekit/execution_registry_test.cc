#include "services/common/stagekit/execution_registry.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

ExecutionId Id(int attempt) { return {"run", "step", attempt}; }

ExecutionRegistryOptions Options(int slots, size_t ended_capacity) {
  ExecutionRegistryOptions options;
  options.slots = slots;
  options.ended_capacity = ended_capacity;
  return options;
}

// Asks the registry for a slot the moment it hears of an end.
class Impatient final : public ExecutionWatcher {
 public:
  explicit Impatient(ExecutionRegistry& registry) : registry_(registry) {}
  void OnProgress(const v1::Progress&) override {}
  void OnEnd(const ExecutionEnd&) override {
    next_ = registry_.Admit(Id(2), 0);
  }
  const absl::Status& next() const { return next_.status(); }

 private:
  ExecutionRegistry& registry_;
  absl::StatusOr<ExecutionRegistry::Admission> next_;
};

TEST(ExecutionRegistryTest, StartsOnceAndJoinsAfterwards) {
  ExecutionRegistry registry(Options(2, 10));
  const auto first = registry.Admit(Id(1), 0);
  const auto second = registry.Admit(Id(1), 0);
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_TRUE(first->started);
  EXPECT_FALSE(second->started);
  EXPECT_EQ(first->execution, second->execution);
  EXPECT_EQ(registry.running(), 1);
}

TEST(ExecutionRegistryTest, ConcurrentCallersWithOneIdStartItOnce) {
  ExecutionRegistry registry(Options(8, 10));
  std::atomic<int> started = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const auto admission = registry.Admit(Id(1), 0);
      if (admission.ok() && admission->started) ++started;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(started, 1);
}

TEST(ExecutionRegistryTest, RefusesWhatHasNoSlotButJoinsWhatRuns) {
  ExecutionRegistry registry(Options(1, 10));
  ASSERT_OK(registry.Admit(Id(1), 0));
  EXPECT_THAT(
      registry.Admit(Id(2), 0),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("1 of 1")));
  EXPECT_OK(registry.Admit(Id(1), 0));
}

TEST(ExecutionRegistryTest, WhoHearsOfTheEndFindsTheSlotFree) {
  ExecutionRegistry registry(Options(1, 10));
  const auto admission = registry.Admit(Id(1), 0);
  const auto impatient = std::make_shared<Impatient>(registry);
  admission->execution->Watch(impatient);
  registry.End(admission->execution, v1::ExecutionResult());
  EXPECT_OK(impatient->next());
}

TEST(ExecutionRegistryTest, RemembersTheLastEndedOnesOnly) {
  ExecutionRegistry registry(Options(1, 2));
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto admission = registry.Admit(Id(attempt), 0);
    ASSERT_OK(admission);
    registry.End(admission->execution, v1::ExecutionResult());
  }
  EXPECT_THAT(registry.Find(Id(1), 0), IsOkAndHolds(nullptr));
  EXPECT_THAT(registry.Find(Id(2), 0), IsOkAndHolds(testing::NotNull()));
  EXPECT_THAT(registry.Find(Id(3), 0), IsOkAndHolds(testing::NotNull()));
}

TEST(ExecutionRegistryTest, AnOlderEpochIsRefusedByEveryCall) {
  ExecutionRegistry registry(Options(1, 2));
  ASSERT_OK(registry.Admit(Id(1), 3));
  EXPECT_THAT(registry.Admit(Id(1), 2), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(registry.Find(Id(1), 2), StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(registry.Find(Id(1), 4));
  EXPECT_THAT(registry.Admit(Id(1), 3), StatusIs(absl::StatusCode::kAborted));
}

TEST(ExecutionRegistryTest, ADrainingOneOnlyJoins) {
  ExecutionRegistry registry(Options(2, 2));
  ASSERT_OK(registry.Admit(Id(1), 0));
  registry.StopAdmitting();
  EXPECT_OK(registry.Admit(Id(1), 0));
  EXPECT_THAT(registry.Admit(Id(2), 0),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ExecutionRegistryTest, StopRunningReachesEveryExecution) {
  ExecutionRegistry registry(Options(2, 2));
  const auto first = registry.Admit(Id(1), 0);
  const auto second = registry.Admit(Id(2), 0);
  registry.StopRunning();
  EXPECT_TRUE(first->execution->stop_requested());
  EXPECT_TRUE(second->execution->stop_requested());
}

TEST(ExecutionRegistryTest, AwaitIdleWaitsForTheLastSlot) {
  ExecutionRegistry registry(Options(2, 2));
  EXPECT_TRUE(registry.AwaitIdle(absl::ZeroDuration()));
  const auto admission = registry.Admit(Id(1), 0);
  EXPECT_FALSE(registry.AwaitIdle(absl::ZeroDuration()));
  std::thread ender(
      [&] { registry.End(admission->execution, v1::ExecutionResult()); });
  EXPECT_TRUE(registry.AwaitIdle(absl::Seconds(20)));
  ender.join();
}

}  // namespace
}  // namespace stagecoach
