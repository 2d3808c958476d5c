#include "services/prepare/windows.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> Count(int64_t length) {
  std::vector<float> series(length);
  std::iota(series.begin(), series.end(), 1.0f);
  return series;
}

TEST(WindowsTest, RowIStartsAtValueIAndIsFollowedByItsTarget) {
  const std::vector<float> series = Count(5);
  absl::StatusOr<Windows> windows = CutWindows(series, 3);
  ASSERT_OK(windows);
  EXPECT_EQ(windows->rows, 2);
  EXPECT_EQ(windows->lookback, 3);
  EXPECT_THAT(windows->x_values(), ElementsAre(1, 2, 3, 2, 3, 4));
  EXPECT_THAT(windows->y, ElementsAre(4, 5));
}

TEST(WindowsTest, TargetsAreAPartOfTheSeriesAndNoCopy) {
  const std::vector<float> series = Count(5);
  absl::StatusOr<Windows> windows = CutWindows(series, 2);
  ASSERT_OK(windows);
  EXPECT_EQ(windows->y.data(), series.data() + 2);
}

TEST(WindowsTest, EveryValueIsInItsPlaceForEverySmallSize) {
  for (int64_t length = 2; length < 40; ++length) {
    const std::vector<float> series = Count(length);
    for (int64_t lookback = 1; lookback < length; ++lookback) {
      absl::StatusOr<Windows> windows = CutWindows(series, lookback);
      ASSERT_OK(windows);
      ASSERT_EQ(windows->rows, length - lookback);
      for (int64_t i = 0; i < windows->rows; ++i) {
        for (int64_t j = 0; j < lookback; ++j) {
          ASSERT_EQ(windows->x[i * lookback + j], series[i + j]);
        }
        ASSERT_EQ(windows->y[i], series[i + lookback]);
      }
    }
  }
}

TEST(WindowsTest, RefusesASeriesThatIsTooShortForTheLookback) {
  for (int64_t length : {0, 3, 4}) {
    EXPECT_THAT(CutWindows(Count(length), 4).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("values; lookback 4 needs at least 5")));
  }
  EXPECT_OK(CutWindows(Count(5), 4).status());
}

TEST(WindowsTest, RefusesWindowsThatDoNotFitIntoMemory) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the address sanitizer ends the process instead";
#endif
  // 2^40 rows of 2^20 values each; only the length of the span counts.
  const float value = 0;
  const absl::Span<const float> series(&value, size_t{1} << 40);
  EXPECT_THAT(CutWindows(series, int64_t{1} << 20).status(),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("windows of 1048576 values")));
}

TEST(WindowsTest, AsksWhetherToStopBetweenBlocks) {
  const std::vector<float> series = Count(6'000'000);
  int asked = 0;
  EXPECT_THAT(CutWindows(series, 2,
                         [&asked] {
                           return ++asked == 2 ? absl::CancelledError("stop")
                                               : absl::OkStatus();
                         })
                  .status(),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace stagecoach
