#include "services/common/torchfile/export.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

template <typename Element>
TensorView View(const std::string& name, Dtype dtype,
                std::vector<int64_t> shape,
                const std::vector<Element>& values) {
  return {name, dtype, std::move(shape),
          absl::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(Element))};
}

const std::vector<float> kSix = {1, 2.5, -3, 0.1f, 1e30f, 6};

TEST(ExportTest, NpyHasAHeaderThatAlignsItsData) {
  const auto bytes = NpyBytes(View("a", Dtype::kF32, {2, 3}, kSix));
  ASSERT_OK(bytes);
  EXPECT_TRUE(absl::StartsWith(*bytes, std::string("\x93NUMPY\x01\x00", 8)));
  EXPECT_THAT(*bytes, HasSubstr("{'descr': '<f4', 'fortran_order': False, "
                                "'shape': (2, 3), }"));
  EXPECT_EQ(bytes->size(), 128 + 24u);
  EXPECT_EQ((*bytes)[127], '\n');
}

TEST(ExportTest, NpyWritesTuplesAsPythonDoes) {
  EXPECT_THAT(*NpyBytes(View("a", Dtype::kF32, {6}, kSix)),
              HasSubstr("'shape': (6,), }"));
  const std::vector<int64_t> one = {5};
  EXPECT_THAT(*NpyBytes(View("a", Dtype::kI64, {}, one)),
              HasSubstr("'<i8', 'fortran_order': False, 'shape': (), }"));
  const std::vector<uint16_t> two = {1, 2};
  EXPECT_THAT(NpyBytes(View("a", Dtype::kBF16, {2}, two)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("NumPy has no type BF16")));
}

TEST(ExportTest, CsvHasALineForEachIndexOfTheFirstDimension) {
  EXPECT_EQ(CsvBytes(View("a", Dtype::kF32, {2, 3}, kSix), {"x", "y,z", "q\""}),
            "x,\"y,z\",\"q\"\"\"\n1,2.5,-3\n0.1,1e+30,6\n");
  EXPECT_EQ(CsvBytes(View("a", Dtype::kF32, {3, 1, 2}, kSix), {}),
            "0,1\n1,2.5\n-3,0.1\n1e+30,6\n");
  EXPECT_EQ(CsvBytes(View("a", Dtype::kF32, {0, 2}, std::vector<float>()), {}),
            "0,1\n");
}

TEST(ExportTest, CsvWritesEveryType) {
  const std::vector<uint8_t> bools = {1, 0};
  EXPECT_EQ(CsvBytes(View("a", Dtype::kBool, {2}, bools), {"a"}),
            "a\ntrue\nfalse\n");
  const std::vector<int64_t> large = {std::numeric_limits<int64_t>::min()};
  EXPECT_EQ(CsvBytes(View("a", Dtype::kI64, {}, large), {"a"}),
            "a\n-9223372036854775808\n");
  // 1, -2, the smallest subnormal and infinity.
  const std::vector<uint16_t> halves = {0x3c00, 0xc000, 0x0001, 0x7c00};
  EXPECT_EQ(CsvBytes(View("a", Dtype::kF16, {4}, halves), {"a"}),
            "a\n1\n-2\n5.9604645e-08\ninf\n");
  const std::vector<uint16_t> brains = {0x3f80, 0xbfc0};
  EXPECT_EQ(CsvBytes(View("a", Dtype::kBF16, {2}, brains), {"a"}),
            "a\n1\n-1.5\n");
  const std::vector<double> doubles = {0.1};
  EXPECT_EQ(CsvBytes(View("a", Dtype::kF64, {1}, doubles), {"a"}), "a\n0.1\n");
}

TEST(ExportTest, TheMetadataNamesTheColumnsOfCsv) {
  const TensorView table = View("train", Dtype::kF32, {3, 2}, kSix);
  auto files = ExportTensors({table}, {{"columns", R"(["a","b"])"}},
                             TensorFormat::kCsv, TorchForm::kTensor);
  ASSERT_OK(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->front().part, "");
  EXPECT_TRUE(absl::StartsWith(files->front().bytes, "a,b\n"));
  files = ExportTensors({View("y", Dtype::kF32, {6, 1}, kSix)}, {},
                        TensorFormat::kCsv, TorchForm::kTensor);
  EXPECT_TRUE(absl::StartsWith(files->front().bytes, "y\n1\n"));
}

TEST(ExportTest, EachTensorHasAFileOfItsOwnWhereAFileHoldsOne) {
  const TensorView a = View("a", Dtype::kF32, {6}, kSix);
  const TensorView b = View("b", Dtype::kF32, {6}, kSix);
  const auto files =
      ExportTensors({a, b}, {}, TensorFormat::kNpy, TorchForm::kTensor);
  ASSERT_OK(files);
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[1].part, "b");
  EXPECT_EQ(
      ExportTensors({a, b}, {}, TensorFormat::kPt, TorchForm::kTensor)->size(),
      1u);
  EXPECT_EQ(
      ExportTensors({a, b}, {}, TensorFormat::kSafetensors, TorchForm::kTensor)
          ->size(),
      1u);
}

TEST(ExportTest, FormatsReadBackAndTyposGetTheNearest) {
  for (const TensorFormat format :
       {TensorFormat::kSafetensors, TensorFormat::kPt, TensorFormat::kNpy,
        TensorFormat::kCsv}) {
    EXPECT_THAT(ParseTensorFormat(TensorFormatName(format)),
                IsOkAndHolds(format));
  }
  EXPECT_THAT(ParseTensorFormat("safetensor"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"safetensors\"?")));
}

}  // namespace
}  // namespace stagecoach
