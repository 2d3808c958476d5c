#include "services/common/base/trace_parent.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kCaller[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

TEST(TraceParentTest, ReadsWhatItWrites) {
  const std::optional<TraceParent> parent = ParseTraceParent(kCaller);
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(parent->trace_id, kTrace);
  EXPECT_EQ(parent->span_id, "00f067aa0ba902b7");
  EXPECT_EQ(FormatTraceParent(*parent), kCaller);
}

TEST(TraceParentTest, TakesWhatALaterVersionAppends) {
  EXPECT_TRUE(ParseTraceParent("01" + std::string(kCaller).substr(2) + "-more")
                  .has_value());
}

TEST(TraceParentTest, PassesOverWhatIsMalformed) {
  for (const std::string& bad :
       {std::string(), std::string("00"), std::string(kCaller) + "-more",
        "ff" + std::string(kCaller).substr(2),
        std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01"),
        std::string(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")}) {
    EXPECT_FALSE(ParseTraceParent(bad).has_value()) << bad;
  }
}

TEST(TraceParentTest, ANewSpanStaysInTheTraceOfItsCaller) {
  const std::string span = NewSpan(kCaller);
  EXPECT_THAT(span, StartsWith(std::string("00-") + kTrace + "-"));
  EXPECT_THAT(span, EndsWith("-00"));
  EXPECT_NE(span, kCaller);
}

TEST(TraceParentTest, WithoutACallerThereIsANewTrace) {
  EXPECT_THAT(NewSpan("nonsense"),
              MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
  EXPECT_NE(NewSpan(""), NewSpan(""));
}

TEST(TraceParentTest, AChildIsTheSameEachTimeAndAnotherForEachName) {
  const std::string child = ChildSpan(kCaller, "r/train/1");
  EXPECT_THAT(child, StartsWith(std::string("00-") + kTrace + "-"));
  EXPECT_THAT(child, EndsWith("-00"));
  EXPECT_EQ(ChildSpan(kCaller, "r/train/1"), child);
  EXPECT_NE(ChildSpan(kCaller, "r/train/2"), child);
  EXPECT_NE(child, kCaller);
  EXPECT_EQ(ChildSpan("nonsense", "r/train/1"), "");
}

TEST(TraceParentTest, TheLowestFlagSaysWhetherItIsRecorded) {
  EXPECT_FALSE(IsRecorded(*ParseTraceParent(kCaller)));
  EXPECT_TRUE(IsRecorded(*ParseTraceParent(NewSpan(""))));
}

}  // namespace
}  // namespace stagecoach
