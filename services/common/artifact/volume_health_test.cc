#include "services/common/artifact/volume_health.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLimit = absl::Seconds(10);

TEST(VolumeHealthTest, IsDownUntilItWasProbed) {
  VolumeHealth health(kLimit);
  EXPECT_EQ(health.At(absl::ZeroDuration()),
            (VolumeState{false, "it was not probed yet"}));
}

TEST(VolumeHealthTest, IsUpAfterAProbeThatSucceeded) {
  VolumeHealth health(kLimit);
  health.ProbeStarted(absl::ZeroDuration());
  health.ProbeEnded(absl::OkStatus());
  EXPECT_EQ(health.At(absl::Hours(1)), (VolumeState{true, ""}));
}

TEST(VolumeHealthTest, StaysAsItWasWhileAProbeIsUnderWay) {
  VolumeHealth health(kLimit);
  health.ProbeStarted(absl::ZeroDuration());
  health.ProbeEnded(absl::OkStatus());
  health.ProbeStarted(absl::Seconds(5));
  EXPECT_TRUE(health.At(absl::Seconds(14)).up);
}

TEST(VolumeHealthTest, IsDownOnceAProbeTakesTheLimit) {
  VolumeHealth health(kLimit);
  health.ProbeStarted(absl::ZeroDuration());
  health.ProbeEnded(absl::OkStatus());
  health.ProbeStarted(absl::Seconds(5));
  const VolumeState state = health.At(absl::Seconds(15));
  EXPECT_FALSE(state.up);
  EXPECT_EQ(state.reason, "it has not answered for 10s");
}

TEST(VolumeHealthTest, IsUpAgainWhenTheProbeThatHungSucceeds) {
  VolumeHealth health(kLimit);
  health.ProbeStarted(absl::ZeroDuration());
  EXPECT_FALSE(health.At(absl::Minutes(1)).up);
  health.ProbeEnded(absl::OkStatus());
  EXPECT_TRUE(health.At(absl::Minutes(1)).up);
}

TEST(VolumeHealthTest, SaysWhatTheProbeMetButIsUpWhenFull) {
  VolumeHealth health(kLimit);
  health.ProbeEnded(absl::UnavailableError("stale handle"));
  EXPECT_EQ(health.At(absl::ZeroDuration()),
            (VolumeState{false, "stale handle"}));
  health.ProbeEnded(absl::ResourceExhaustedError("full"));
  EXPECT_TRUE(health.At(absl::ZeroDuration()).up);
}

}  // namespace
}  // namespace stagecoach
