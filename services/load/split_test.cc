#include "services/load/split.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::Field;
using testing::HasSubstr;

Series SeriesOf(int64_t rows) {
  Series series;
  series.columns = {"a"};
  series.values.resize(rows);
  return series;
}

absl::StatusOr<Split> SplitByProportion(int64_t rows, double proportion,
                                        int64_t lookback) {
  return SplitSeries(SeriesOf(rows), {.proportion = proportion}, lookback);
}

TEST(SplitTest, SplitsTheReferenceSeriesAsTheReferenceDoes) {
  EXPECT_THAT(
      SplitByProportion(144, 0.7, 4),
      IsOkAndHolds(AllOf(Field(&Split::train, 100), Field(&Split::test, 44))));
}

TEST(SplitTest, FloorsTheDecimalNumberThatWasWritten) {
  EXPECT_EQ(FloorOfProduct(0.29, 100), 29);
  EXPECT_EQ(FloorOfProduct(0.7, 144), 100);
  EXPECT_EQ(FloorOfProduct(0.7, 10), 7);
  EXPECT_EQ(FloorOfProduct(0.1, 3), 0);
  EXPECT_EQ(FloorOfProduct(0.999999, 10), 9);
}

// In whole numbers: floor(k/1000 * n) = k * n / 1000.
TEST(SplitTest, AgreesWithWholeNumberArithmeticForEveryThousandth) {
  for (int64_t k = 1; k < 1000; ++k) {
    double proportion = 0;
    ASSERT_TRUE(absl::SimpleAtod(absl::StrFormat("0.%03d", k), &proportion));
    for (int64_t n : {1, 7, 10, 100, 144, 1000, 99'999, 100'000'000}) {
      ASSERT_EQ(FloorOfProduct(proportion, n), k * n / 1000)
          << k << " thousandths of " << n;
    }
  }
}

TEST(SplitTest, RefusesPartsTooShortForAWindowAndTheValueAfterIt) {
  EXPECT_THAT(SplitByProportion(10, 0.5, 4),
              IsOkAndHolds(Field(&Split::test, 5)));
  EXPECT_THAT(SplitByProportion(10, 0.6, 4),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("proportion 0.6 of 10 values leaves 4 for the "
                                 "test part; lookback 4 needs at least 5")));
  EXPECT_THAT(SplitByProportion(10, 0.4, 4),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("leaves 4 for the training part")));
}

TEST(SplitTest, RefusesAnEmptyPart) {
  EXPECT_THAT(SplitByProportion(1, 0.7, 1),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("leaves 0 for the training part")));
}

TEST(SplitTest, CountsTheRowsOfTheTestPart) {
  EXPECT_THAT(
      SplitSeries(SeriesOf(144), {.test_rows = 24}, 4),
      IsOkAndHolds(AllOf(Field(&Split::train, 120), Field(&Split::test, 24))));
  EXPECT_THAT(SplitSeries(SeriesOf(10), {.test_rows = 20}, 4),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("test_rows 20 of 10 values leaves 0 for the "
                                 "training part")));
}

TEST(SplitTest, TheTestPartStartsAtADateOrTheRowAfterIt) {
  Series series = SeriesOf(5);
  series.timestamps = {0, 86400, 2 * 86400, 3 * 86400, 4 * 86400};
  for (const int64_t date : {2 * 86400, 2 * 86400 - 1}) {
    EXPECT_THAT(
        SplitSeries(series, {.date = date}, 1),
        IsOkAndHolds(AllOf(Field(&Split::train, 2), Field(&Split::test, 3))));
  }
  EXPECT_THAT(SplitSeries(series, {.date = 9 * 86400}, 1),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("split_date 1970-01-10 of 5 values leaves 0 "
                                 "for the test part")));
  EXPECT_THAT(SplitSeries(SeriesOf(5), {.date = 0}, 1),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("'split_date' needs timestamps")));
}

}  // namespace
}  // namespace stagecoach
