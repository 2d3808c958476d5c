#include "services/common/scaling/scaler.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDecember1960 = -286675200;

Scaler Airline() {
  Scaler scaler;
  scaler.kind = ScalingKind::kStandard;
  scaler.columns = {{"Passengers", true, 5.2, 0.1}, {"Fares", false, -1, 3}};
  scaler.calendar = {CalendarFeature::kMonth};
  scaler.lookback = 12;
  scaler.horizon = 3;
  scaler.stride = 2;
  scaler.frequency = {Frequency::Unit::kMonths, 1};
  scaler.last_timestamp = kDecember1960;
  return scaler;
}

TEST(ScalerTest, AFeatureTurnsBackIntoItsValue) {
  const ColumnScaling logarithmic = {"a", true, 5.2, 0.1};
  EXPECT_DOUBLE_EQ(logarithmic.ToFeature(432), (std::log(432) - 5.2) / 0.1);
  EXPECT_NEAR(logarithmic.ToValue(logarithmic.ToFeature(432)), 432, 1e-9);
  const ColumnScaling linear = {"b", false, -1, 4};
  EXPECT_EQ(linear.ToFeature(3), 1);
  EXPECT_EQ(linear.ToValue(1), 3);
  const ColumnScaling unscaled;
  EXPECT_EQ(unscaled.ToFeature(7), 7);
}

TEST(ScalerTest, CalendarFeaturesTakeTwoNumbersEach) {
  EXPECT_EQ(Airline().features(), 4);
}

TEST(ScalerTest, TheFutureGoesOnFromTheLastRow) {
  Scaler scaler = Airline();
  // 1961-01-01.
  EXPECT_EQ(scaler.FutureTimestamp(1),
            std::optional<int64_t>(kDecember1960 + 31 * 86400));
  scaler.frequency = {};
  EXPECT_EQ(scaler.FutureTimestamp(1), std::nullopt);
  scaler = Airline();
  scaler.last_timestamp.reset();
  EXPECT_EQ(scaler.FutureTimestamp(1), std::nullopt);
}

TEST(ScalerTest, ReadsBackWhatItWrote) {
  Scaler scaler = Airline();
  scaler.columns[1].offset = 1.0 / 3;
  scaler.target = 1;
  EXPECT_THAT(ParseScaler(FormatScaler(scaler)), IsOkAndHolds(scaler));
  scaler.calendar.clear();
  scaler.last_timestamp.reset();
  scaler.frequency = {};
  EXPECT_THAT(ParseScaler(FormatScaler(scaler)), IsOkAndHolds(scaler));
}

TEST(ScalerTest, WritesNamesAndTimesThatPeopleRead) {
  const std::string json = FormatScaler(Airline());
  EXPECT_THAT(json, HasSubstr("\"scaling\": \"standard\""));
  EXPECT_THAT(json, HasSubstr("\"target\": \"Passengers\""));
  EXPECT_THAT(json, HasSubstr("\"last_timestamp\": \"1960-12-01T00:00:00Z\""));
}

TEST(ScalerTest, PassesOverFieldsThatItDoesNotKnow) {
  const std::string json = absl::StrReplaceAll(
      FormatScaler(Airline()), {{"\"stride\": 2", "\"stride\": 2, \"x\": 1"}});
  EXPECT_THAT(ParseScaler(json), IsOkAndHolds(Airline()));
}

TEST(ScalerTest, NamesTheFieldThatIsWrong) {
  const std::string good = FormatScaler(Airline());
  const struct {
    std::string found;
    std::string replacement;
    std::string message;
  } cases[] = {
      {"\"format\": 1", "\"format\": 2", "'format' must be 1"},
      {"\"format\": 1,", "", "'format' must be a whole number"},
      {"\"standard\"", "\"standart\"", "did you mean \"standard\"?"},
      {"\"standard\"", "5", "'scaling' must be a string"},
      {"\"scale\": 3", "\"scale\": 0", "'columns[1].scale' is 0"},
      {"\"scale\": 3.0", "\"scale\": \"3\"",
       "'columns[1].scale' must be a num"},
      {"\"log\": true", "\"log\": 1", "'columns[0].log' must be true or"},
      {"\"Fares\"", "\"Passengers\"", "'columns' has \"Passengers\" twice"},
      {"\"target\": \"Passengers\"", "\"target\": \"x\"", "'target' is none"},
      {"\"columns\"", "\"rows\"", "'columns' must be a list"},
      {"\"lookback\": 12", "\"lookback\": 0", "'lookback' is 0; it must be"},
      {"\"horizon\": 3", "\"horizon\": 1.5", "'horizon' must be a whole"},
      {"\"stride\": 2", "\"stride\": -1", "'stride' is -1"},
      {"\"months\"", "\"month\"", "did you mean \"months\"?"},
      {"\"count\": 1", "\"count\": 0", "'frequency.count' is 0"},
      {"\"month\"", "\"mnth\"", "'calendar': there is no calendar feature"},
      {"\"month\"", "12", "'calendar': there is no calendar feature '12'"},
      {"1960-12-01T", "1960-13-01T", "is no time as of RFC 3339"},
      {"last_timestamp", "last", "'calendar' needs timestamps"},
  };
  for (const auto& [found, replacement, message] : cases) {
    ASSERT_THAT(good, HasSubstr(found));
    EXPECT_THAT(
        ParseScaler(absl::StrReplaceAll(good, {{found, replacement}})),
        StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message)))
        << found << " -> " << replacement;
  }
  for (const char* const text : {"", "[]", "5", "{", "nonsense"}) {
    EXPECT_THAT(ParseScaler(text),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("must be a JSON object")));
  }
}

TEST(ScalerTest, KindsReadBackAndTyposGetTheNearest) {
  for (const ScalingKind kind :
       {ScalingKind::kNone, ScalingKind::kStandard, ScalingKind::kMinMax}) {
    EXPECT_THAT(ParseScalingKind(ScalingKindName(kind)), IsOkAndHolds(kind));
  }
  EXPECT_THAT(ParseScalingKind("min-max"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"minmax\"?")));
}

}  // namespace
}  // namespace stagecoach
