#include "tests/noop/noop_stage.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/stage_harness.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class NoopStageTest : public testing::Test {
 protected:
  NoopStageTest() : harness_(stage_) {}

  NoopStage stage_;
  StageHarness harness_;
};

TEST_F(NoopStageTest, EndsWellAndWritesNothing) {
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.result().outputs(), IsEmpty());
  EXPECT_THAT(harness_.progress(), IsEmpty());
}

TEST_F(NoopStageTest, EndsWithEveryCodeThatItIsTold) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnknown, absl::StatusCode::kFailedPrecondition,
        absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss}) {
    const std::string name = absl::StatusCodeToString(code);
    harness_.SetString("fail_with", name);
    EXPECT_THAT(harness_.Run(), StatusIs(code, HasSubstr(name)));
  }
}

TEST_F(NoopStageTest, KnowsNoOtherCode) {
  harness_.SetString("fail_with", "OK");
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("fail_with")));
}

TEST_F(NoopStageTest, ReportsHowFarItsSleepIs) {
  harness_.SetNumber("sleep", 0.001);
  ASSERT_OK(harness_.Run());
  ASSERT_THAT(harness_.progress(), Not(IsEmpty()));
  for (const v1::Progress& progress : harness_.progress()) {
    EXPECT_LT(progress.fraction(), 1);
  }
}

TEST_F(NoopStageTest, ACancelledSleepEnds) {
  harness_.SetNumber("sleep", 3600);
  harness_.CancelAtProgress(1);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace stagecoach
