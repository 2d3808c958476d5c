#include "orchestrator/cli/render/tensor_preview.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

template <typename T>
double Element(Dtype dtype, std::vector<T> values, int64_t index) {
  TensorView tensor;
  tensor.dtype = dtype;
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(T));
  return TensorElement(tensor, index);
}

TEST(TensorPreviewTest, ReadsEveryElementType) {
  EXPECT_EQ(Element<uint8_t>(Dtype::kBool, {0, 1}, 1), 1);
  EXPECT_EQ(Element<uint8_t>(Dtype::kU8, {200}, 0), 200);
  EXPECT_EQ(Element<int8_t>(Dtype::kI8, {0, -7}, 1), -7);
  EXPECT_EQ(Element<int16_t>(Dtype::kI16, {-300}, 0), -300);
  EXPECT_EQ(Element<int32_t>(Dtype::kI32, {0, 0, 70000}, 2), 70000);
  EXPECT_EQ(Element<int64_t>(Dtype::kI64, {int64_t{1} << 40}, 0),
            1099511627776);
  EXPECT_EQ(Element<float>(Dtype::kF32, {0.5f}, 0), 0.5);
  EXPECT_EQ(Element<double>(Dtype::kF64, {0, 0.25}, 1), 0.25);
  EXPECT_EQ(Element<uint16_t>(Dtype::kBF16, {0x3FC0}, 0), 1.5);
}

TEST(TensorPreviewTest, ReadsEveryKindOfHalf) {
  EXPECT_EQ(Element<uint16_t>(Dtype::kF16, {0x3C00}, 0), 1.0);
  EXPECT_EQ(Element<uint16_t>(Dtype::kF16, {0xC100}, 0), -2.5);
  EXPECT_EQ(Element<uint16_t>(Dtype::kF16, {0x0001}, 0), std::ldexp(1, -24));
  EXPECT_EQ(Element<uint16_t>(Dtype::kF16, {0x7C00}, 0), INFINITY);
  EXPECT_TRUE(std::isnan(Element<uint16_t>(Dtype::kF16, {0x7E00}, 0)));
}

TEST(TensorPreviewTest, WholeNumbersAreToldInFull) {
  const std::vector<int64_t> seconds = {-662688000, 1733011200};
  TensorView tensor;
  tensor.dtype = Dtype::kI64;
  tensor.bytes =
      absl::string_view(reinterpret_cast<const char*>(seconds.data()), 16);
  EXPECT_EQ(ElementsText(tensor, 8), "-662688000 1733011200");
}

}  // namespace
}  // namespace stagecoach
