#include "services/prepare/windows.h"

#include <functional>
#include <memory>
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

absl::StatusOr<Windows> Cut(absl::Span<const float> series, int64_t lookback,
                            const std::function<absl::Status()>& stop = {}) {
  return CutWindows(series, series, {.lookback = lookback}, stop);
}

std::vector<float> Numbers(const std::unique_ptr<float[]>& values,
                           int64_t count) {
  return std::vector<float>(values.get(), values.get() + count);
}

TEST(WindowsTest, RowIStartsAtValueIAndIsFollowedByItsTarget) {
  const std::vector<float> series = Count(5);
  absl::StatusOr<Windows> windows = Cut(series, 3);
  ASSERT_OK(windows);
  EXPECT_EQ(windows->rows, 2);
  EXPECT_THAT(Numbers(windows->x, 6), ElementsAre(1, 2, 3, 2, 3, 4));
  EXPECT_THAT(windows->y, ElementsAre(4, 5));
}

TEST(WindowsTest, TargetsAreAPartOfTheSeriesAndNoCopy) {
  const std::vector<float> series = Count(5);
  absl::StatusOr<Windows> windows = Cut(series, 2);
  ASSERT_OK(windows);
  EXPECT_EQ(windows->y.data(), series.data() + 2);
}

TEST(WindowsTest, EveryValueIsInItsPlaceForEverySmallSize) {
  for (int64_t length = 2; length < 40; ++length) {
    const std::vector<float> series = Count(length);
    for (int64_t lookback = 1; lookback < length; ++lookback) {
      absl::StatusOr<Windows> windows = Cut(series, lookback);
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

TEST(WindowsTest, ManyFeaturesHorizonsAndStridesAreInTheirPlaceToo) {
  constexpr int64_t kLength = 23;
  for (int64_t width = 1; width < 4; ++width) {
    const std::vector<float> features = Count(kLength * width);
    const std::vector<float> targets = Count(kLength);
    for (int64_t horizon = 1; horizon < 6; ++horizon) {
      for (int64_t stride = 1; stride < 6; ++stride) {
        const WindowShape shape = {3, horizon, stride, width};
        const auto windows = CutWindows(features, targets, shape);
        ASSERT_OK(windows);
        ASSERT_EQ(windows->rows, (kLength - 3 - horizon) / stride + 1);
        ASSERT_EQ(static_cast<int64_t>(windows->y.size()),
                  windows->rows * horizon);
        for (int64_t i = 0; i < windows->rows; ++i) {
          for (int64_t j = 0; j < 3 * width; ++j) {
            ASSERT_EQ(windows->x[i * 3 * width + j],
                      features[i * stride * width + j]);
          }
          for (int64_t k = 0; k < horizon; ++k) {
            ASSERT_EQ(windows->y[i * horizon + k], targets[i * stride + 3 + k]);
          }
        }
      }
    }
  }
}

TEST(WindowsTest, RefusesASeriesThatIsTooShortForTheHorizon) {
  const std::vector<float> series = Count(6);
  EXPECT_OK(CutWindows(series, series, {.lookback = 4, .horizon = 2}).status());
  EXPECT_THAT(
      CutWindows(series, series, {.lookback = 4, .horizon = 3}).status(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("has 6 values; lookback 4 and horizon 3 need at "
                         "least 7")));
}

TEST(WindowsTest, RefusesASeriesThatIsTooShortForTheLookback) {
  for (int64_t length : {0, 3, 4}) {
    EXPECT_THAT(Cut(Count(length), 4).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("values; lookback 4 needs at least 5")));
  }
  EXPECT_OK(Cut(Count(5), 4).status());
}

TEST(WindowsTest, RefusesWindowsThatDoNotFitIntoMemory) {
  // 2^40 rows of 2^20 values each; only the length of the span counts.
  const float value = 0;
  const absl::Span<const float> series(&value, size_t{1} << 40);
  EXPECT_THAT(Cut(series, int64_t{1} << 20).status(),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("windows of 1048576 values")));
}

TEST(WindowsTest, AsksWhetherToStopBetweenBlocks) {
  const std::vector<float> series = Count(6'000'000);
  int asked = 0;
  EXPECT_THAT(Cut(series, 2,
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
