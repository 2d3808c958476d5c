#include "services/common/base/backoff.h"

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

BackoffOptions Options() {
  return {.initial = absl::Milliseconds(100),
          .maximum = absl::Seconds(1),
          .multiplier = 2.0};
}

TEST(BackoffTest, LimitDoublesWithEachFailureUpToTheMaximum) {
  Backoff backoff(Options(), [] { return 0.5; });
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(50));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(400));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(500));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(500));
}

TEST(BackoffTest, ResetStartsAgainFromTheInitialDelay) {
  Backoff backoff(Options(), [] { return 0.5; });
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(50));
}

TEST(BackoffTest, JitterCoversTheWholeRangeFromZero) {
  EXPECT_EQ(BackoffDelay(Options(), 2, 0.0), absl::ZeroDuration());
  EXPECT_EQ(BackoffDelay(Options(), 2, 0.25), absl::Milliseconds(50));
}

TEST(BackoffTest, NeverOverflowsHoweverManyFailures) {
  EXPECT_EQ(BackoffDelay(Options(), 1'000'000'000, 0.5),
            absl::Milliseconds(500));
}

TEST(BackoffTest, FailureCountsBelowOneCountAsTheFirst) {
  EXPECT_EQ(BackoffDelay(Options(), -3, 0.5), absl::Milliseconds(50));
}

TEST(BackoffTest, RandomUnitStaysInItsRangeAndVaries) {
  double smallest = 1, largest = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = RandomUnit();
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
  }
  EXPECT_GE(smallest, 0.0);
  EXPECT_LT(largest, 1.0);
  EXPECT_LT(smallest, 0.2);
  EXPECT_GT(largest, 0.8);
}

TEST(BackoffTest, OptionsOutOfRangeAreNamed) {
  EXPECT_OK(CheckBackoffOptions(Options()));
  BackoffOptions zero = Options();
  zero.initial = absl::ZeroDuration();
  EXPECT_THAT(
      CheckBackoffOptions(zero),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("initial")));
  BackoffOptions crossed = Options();
  crossed.maximum = absl::Milliseconds(99);
  EXPECT_THAT(CheckBackoffOptions(crossed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("99ms")));
  BackoffOptions shrinking = Options();
  shrinking.multiplier = 0.5;
  EXPECT_THAT(
      CheckBackoffOptions(shrinking),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("multiplier")));
}

}  // namespace
}  // namespace stagecoach
