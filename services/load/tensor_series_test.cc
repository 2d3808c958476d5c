#include "services/load/tensor_series.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/scaling/column_names.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Element>
TensorView View(const std::string& name, Dtype dtype,
                std::vector<int64_t> shape,
                const std::vector<Element>& values) {
  return {name, dtype, std::move(shape),
          absl::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(Element))};
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

TEST(TensorSeriesTest, TakesEveryTypeOfNumber) {
  const std::vector<double> doubles = {1, 2.5};
  EXPECT_THAT(
      ReadTensorSeries({View("a", Dtype::kF64, {2}, doubles)}, {}, "", {})
          ->values,
      ElementsAre(1, 2.5));
  const std::vector<int64_t> integers = {-1, 3};
  EXPECT_THAT(
      ReadTensorSeries({View("a", Dtype::kI64, {2, 1}, integers)}, {}, "", {})
          ->values,
      ElementsAre(-1, 3));
  const std::vector<uint8_t> bytes = {7, 255};
  EXPECT_THAT(
      ReadTensorSeries({View("a", Dtype::kU8, {2}, bytes)}, {}, "", {})->values,
      ElementsAre(7, 255));
}

TEST(TensorSeriesTest, ChoosesColumnsByIndexOrByTheNamesInTheMetadata) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const TensorView table = View("t", Dtype::kF32, {2, 3}, values);
  EXPECT_THAT(ReadTensorSeries({table}, {}, "", {})->values, ElementsAre(3, 6));
  const SafetensorsMetadata metadata = {{kColumnsKey, R"(["a","b","c"])"}};
  const auto series =
      ReadTensorSeries({table}, metadata, "t", {.columns = {"c", "a"}});
  ASSERT_OK(series);
  EXPECT_THAT(series->columns, ElementsAre("c", "a"));
  EXPECT_THAT(series->values, ElementsAre(3, 1, 6, 4));
}

TEST(TensorSeriesTest, TakesTimestampsFromATensorOfTheSameFile) {
  const std::vector<float> values = {1, 2};
  const std::vector<int64_t> times = {100, 200};
  const auto series = ReadTensorSeries(
      {View("v", Dtype::kF32, {2}, values), View("t", Dtype::kI64, {2}, times)},
      {}, "v", {.timestamp_column = ColumnSelector("t")});
  ASSERT_OK(series);
  EXPECT_THAT(series->timestamps, ElementsAre(100, 200));
}

TEST(TensorSeriesTest, NanIsAMissingValue) {
  const std::vector<float> values = {1, NAN, 3};
  const TensorView tensor = View("v", Dtype::kF32, {3}, values);
  EXPECT_THAT(ReadTensorSeries({tensor}, {}, "", {}),
              Refuses("row 2, column \"0\": the value is missing"));
  EXPECT_THAT(
      ReadTensorSeries({tensor}, {}, "", {.missing = MissingValues::kForward})
          ->values,
      ElementsAre(1, 1, 3));
  EXPECT_THAT(
      ReadTensorSeries({tensor}, {}, "", {.missing = MissingValues::kDrop})
          ->values,
      ElementsAre(1, 3));
}

TEST(TensorSeriesTest, RefusesWhatIsNoSeries) {
  const std::vector<float> values = {1, std::numeric_limits<float>::infinity()};
  const std::vector<double> large = {1e300};
  const TensorView tensor = View("v", Dtype::kF32, {2}, values);
  EXPECT_THAT(ReadTensorSeries({}, {}, "", {}), Refuses("holds no tensor"));
  EXPECT_THAT(ReadTensorSeries({tensor, tensor}, {}, "", {}),
              Refuses("2 tensors; choose one with parameter 'tensor'"));
  EXPECT_THAT(ReadTensorSeries({tensor}, {}, "w", {}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("there is no tensor \"w\"")));
  EXPECT_THAT(ReadTensorSeries({tensor}, {}, "", {}),
              Refuses("row 2, column \"0\": inf is not a finite number"));
  EXPECT_THAT(
      ReadTensorSeries({View("v", Dtype::kF64, {1}, large)}, {}, "", {}),
      Refuses("1e+300 is too large for a 32-bit float"));
  EXPECT_THAT(
      ReadTensorSeries({View("v", Dtype::kF32, {1, 1, 2}, values)}, {}, "", {}),
      Refuses("is F32 [1,1,2]; needed are numbers of shape [n] or"));
  EXPECT_THAT(
      ReadTensorSeries({View("v", Dtype::kF16, {4}, values)}, {}, "", {}),
      Refuses("is F16 [4]; needed are numbers"));
  EXPECT_THAT(
      ReadTensorSeries({View("v", Dtype::kF32, {0, 1}, std::vector<float>())},
                       {}, "", {}),
      Refuses("it holds no values"));
}

}  // namespace
}  // namespace stagecoach
