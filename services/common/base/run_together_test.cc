#include "services/common/base/run_together.h"

#include <atomic>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using Tasks = std::vector<std::function<absl::Status()>>;

TEST(RunTogetherTest, NothingToDoIsDone) {
  BoundedExecutor helpers("helpers", 1, 0);
  EXPECT_OK(RunTogether(helpers, {}));
}

TEST(RunTogetherTest, TasksThatNeedEachOtherMeet) {
  BoundedExecutor helpers("helpers", 2, 8);
  auto* const barrier = new absl::Barrier(3);
  const auto meet = [barrier] {
    if (barrier->Block()) delete barrier;
    return absl::OkStatus();
  };
  EXPECT_OK(RunTogether(helpers, {meet, meet, meet}));
}

TEST(RunTogetherTest, DoesAloneWhatNobodyTakes) {
  BoundedExecutor helpers("helpers", 1, 8);
  absl::Notification done;
  // Keeps the only helper for as long as the tasks take.
  ASSERT_OK(helpers.Submit([&] { done.WaitForNotification(); }));
  std::atomic<int> count = 0;
  const Tasks tasks(20, [&count] {
    ++count;
    return absl::OkStatus();
  });
  EXPECT_OK(RunTogether(helpers, tasks));
  EXPECT_EQ(count, 20);
  done.Notify();
}

TEST(RunTogetherTest, AfterAnErrorAllOthersHaveStillRun) {
  BoundedExecutor helpers("helpers", 2, 8);
  std::atomic<int> count = 0;
  Tasks tasks(10, [&count] {
    ++count;
    return absl::OkStatus();
  });
  tasks[3] = [] { return absl::NotFoundError("third"); };
  tasks[7] = [] { return absl::InternalError("seventh"); };
  EXPECT_THAT(RunTogether(helpers, tasks),
              StatusIs(absl::StatusCode::kNotFound, "third"));
  EXPECT_EQ(count, 8);
}

TEST(RunTogetherTest, WorksWhenTheHelpersHaveGone) {
  BoundedExecutor helpers("helpers", 2, 8);
  helpers.Shutdown();
  EXPECT_THAT(RunTogether(helpers, {[] { return absl::OkStatus(); },
                                    [] { return absl::AbortedError("last"); }}),
              StatusIs(absl::StatusCode::kAborted, "last"));
}

}  // namespace
}  // namespace stagecoach
