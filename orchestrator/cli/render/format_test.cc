#include "orchestrator/cli/render/format.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

TEST(FormatTest, DurationsHaveTwoToThreeSignificantDigits) {
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0 ms");
  EXPECT_EQ(DurationText(absl::Microseconds(42)), "0.04 ms");
  EXPECT_EQ(DurationText(absl::Microseconds(1234)), "1.2 ms");
  EXPECT_EQ(DurationText(absl::Microseconds(12'345)), "12 ms");
  EXPECT_EQ(DurationText(absl::Milliseconds(314)), "0.31 s");
  EXPECT_EQ(DurationText(absl::Milliseconds(3'140)), "3.1 s");
  EXPECT_EQ(DurationText(absl::Seconds(48)), "48 s");
  EXPECT_EQ(DurationText(absl::Seconds(125)), "2 min 05 s");
  EXPECT_EQ(DurationText(absl::Minutes(62)), "1 h 02 min");
  EXPECT_EQ(DurationText(absl::Hours(76)), "3 d 4 h");
  EXPECT_EQ(DurationText(-absl::Seconds(1)), "0 ms");
}

TEST(FormatTest, DurationsNeverRoundIntoTheNextUnit) {
  EXPECT_EQ(DurationText(absl::Microseconds(999)), "1.0 ms");
  EXPECT_EQ(DurationText(absl::Microseconds(99'600)), "0.10 s");
  EXPECT_EQ(DurationText(absl::Milliseconds(996)), "1.0 s");
  EXPECT_EQ(DurationText(absl::Milliseconds(9'960)), "10 s");
  EXPECT_EQ(DurationText(absl::Milliseconds(59'600)), "1 min 00 s");
}

TEST(FormatTest, NumbersAreShortAndPlain) {
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(112), "112");
  EXPECT_EQ(NumberText(233.1499), "233.1");
  EXPECT_EQ(NumberText(34211.4), "34211");
  EXPECT_EQ(NumberText(0.001234), "0.001234");
  EXPECT_EQ(NumberText(-0.5), "-0.5");
  EXPECT_EQ(NumberText(1.5e12), "1.5e+12");
  EXPECT_EQ(NumberText(1e-9), "1e-09");
  EXPECT_EQ(NumberText(std::nan("")), "nan");
  EXPECT_EQ(NumberText(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(FormatTest, BytesAreInBinaryUnits) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(44'134), "43.1 KiB");
  EXPECT_EQ(BytesText((int64_t{1} << 20) - 1), "1.0 MiB");
  EXPECT_EQ(BytesText(int64_t{5} << 30), "5.0 GiB");
}

TEST(FormatTest, ArtifactsAreToldByShapeCountOrType) {
  EXPECT_EQ(
      ArtifactKindText(FromText<v1::Artifact>(
          R"pb(type: ARTIFACT_TYPE_TENSOR
               tensors { dtype: "F32" shape: 96 shape: 4 shape: 1 })pb")),
      "[96, 4, 1] F32");
  EXPECT_EQ(
      ArtifactKindText(FromText<v1::Artifact>(R"pb(type: ARTIFACT_TYPE_WEIGHTS
                                                   tensors {}
                                                   tensors {})pb")),
      "2 tensors");
  EXPECT_EQ(ArtifactKindText(
                FromText<v1::Artifact>(R"pb(type: ARTIFACT_TYPE_REPORT)pb")),
            "report");
}

TEST(FormatTest, AgesAreCoarse) {
  EXPECT_EQ(AgeText(absl::Milliseconds(-5)), "just now");
  EXPECT_EQ(AgeText(absl::Seconds(59)), "59 s ago");
  EXPECT_EQ(AgeText(absl::Minutes(59)), "59 min ago");
  EXPECT_EQ(AgeText(absl::Hours(47)), "47 h ago");
  EXPECT_EQ(AgeText(absl::Hours(49)), "2 d ago");
}

TEST(FormatTest, TimesAreInTheGivenZone) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(TimeText(time, absl::UTCTimeZone()), "2023-11-14 22:13:20");
  EXPECT_EQ(TimeOfDayText(time, absl::FixedTimeZone(3600)), "23:13:20");
}

}  // namespace
}  // namespace stagecoach
