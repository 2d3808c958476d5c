#include "services/common/stagekit/execution.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Writes down what it is told.
class Listener final : public ExecutionWatcher {
 public:
  void OnProgress(const v1::Progress& progress) override {
    heard_.push_back(std::to_string(progress.units_done()));
  }
  void OnEnd(const ExecutionEnd& end) override {
    heard_.push_back(absl::StatusCodeToString(end.status().code()));
  }
  const std::vector<std::string>& heard() const { return heard_; }

 private:
  std::vector<std::string> heard_;
};

v1::Progress Done(int64_t units) {
  v1::Progress progress;
  progress.set_units_done(units);
  return progress;
}

class ExecutionTest : public testing::Test {
 protected:
  std::shared_ptr<Listener> Watch() {
    auto listener = std::make_shared<Listener>();
    execution_.Watch(listener);
    return listener;
  }

  Execution execution_{ExecutionId{"run", "step", 1}};
};

TEST_F(ExecutionTest, EveryWatcherHearsTheReportsAndTheEndOnce) {
  const auto first = Watch();
  const auto second = Watch();
  execution_.ReportProgress(Done(1));
  execution_.End(v1::ExecutionResult());
  EXPECT_THAT(first->heard(), ElementsAre("1", "OK"));
  EXPECT_THAT(second->heard(), ElementsAre("1", "OK"));
}

TEST_F(ExecutionTest, ALateWatcherHearsTheNewestReportFirst) {
  execution_.ReportProgress(Done(1));
  execution_.ReportProgress(Done(2));
  const auto late = Watch();
  execution_.ReportProgress(Done(3));
  EXPECT_THAT(late->heard(), ElementsAre("2", "3"));
}

TEST_F(ExecutionTest, AWatcherAfterTheEndHearsTheEndAlone) {
  execution_.ReportProgress(Done(1));
  execution_.End(absl::DataLossError("torn"));
  EXPECT_THAT(Watch()->heard(), ElementsAre("DATA_LOSS"));
}

TEST_F(ExecutionTest, AWatcherTakenOffHearsNoMore) {
  const auto listener = Watch();
  execution_.Unwatch(listener.get());
  execution_.End(v1::ExecutionResult());
  EXPECT_THAT(listener->heard(), IsEmpty());
}

TEST_F(ExecutionTest, OnlyTheLastWatcherToLeaveGetsAToken) {
  const auto first = Watch();
  const auto second = Watch();
  EXPECT_FALSE(execution_.Unwatch(first.get()).has_value());
  EXPECT_FALSE(execution_.Unwatch(first.get()).has_value());
  EXPECT_TRUE(execution_.Unwatch(second.get()).has_value());
}

TEST_F(ExecutionTest, ATokenStopsWhatNobodyHasWatchedSince) {
  const auto token = execution_.Unwatch(Watch().get());
  ASSERT_TRUE(token.has_value());
  execution_.StopIfStillUnwatched(*token, absl::UnavailableError("orphan"));
  EXPECT_TRUE(execution_.stop_requested());
}

TEST_F(ExecutionTest, ATokenIsWorthNothingOnceSomebodyCameBack) {
  const auto token = execution_.Unwatch(Watch().get());
  const auto back = Watch();
  execution_.Unwatch(back.get());  // and left again: a wait of its own
  execution_.StopIfStillUnwatched(*token, absl::UnavailableError("orphan"));
  EXPECT_FALSE(execution_.stop_requested());
}

TEST_F(ExecutionTest, NobodyAskedToStopSoTheWorkDecides) {
  EXPECT_THAT(execution_.Seal(absl::InternalError("bug")),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(execution_.Seal(absl::OkStatus()));
}

TEST_F(ExecutionTest, ACancelWinsOverFinishedWorkAndOverItsErrors) {
  execution_.RequestStop(absl::CancelledError("stop"));
  EXPECT_TRUE(execution_.stop_requested());
  EXPECT_THAT(execution_.Seal(absl::InternalError("interrupted")),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(execution_.Seal(absl::OkStatus()),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(ExecutionTest, WorkThatGetsDoneDespiteDrainingIsKept) {
  execution_.RequestStop(absl::UnavailableError("draining"));
  EXPECT_OK(execution_.Seal(absl::OkStatus()));
}

TEST_F(ExecutionTest, WorkThatStopsForDrainingIsGivenBack) {
  execution_.RequestStop(absl::UnavailableError("draining"));
  EXPECT_THAT(execution_.Seal(absl::CancelledError("as asked")),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ExecutionTest, TheFirstFinalWishCounts) {
  execution_.RequestStop(absl::UnavailableError("draining"));
  execution_.RequestStop(absl::CancelledError("stop"));
  execution_.RequestStop(absl::DeadlineExceededError("late"));
  execution_.RequestStop(absl::UnavailableError("draining"));
  EXPECT_THAT(execution_.Seal(absl::OkStatus()),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(ExecutionTest, OnceSealedNothingStopsIt) {
  EXPECT_OK(execution_.Seal(absl::OkStatus()));
  execution_.RequestStop(absl::CancelledError("too late"));
  EXPECT_FALSE(execution_.stop_requested());
}

}  // namespace
}  // namespace stagecoach
