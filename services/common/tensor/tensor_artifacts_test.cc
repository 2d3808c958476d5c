#include "services/common/tensor/tensor_artifacts.h"

#include <ATen/ATen.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/tensor/guarded.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file of the tensors, in memory that ends with its last view; `shift` bytes
// off an address that is aligned to 64.
SafetensorsView FileOf(const std::vector<NamedTensor>& tensors,
                       size_t shift = 0) {
  const std::vector<TensorView> views = ViewsOf(tensors);
  std::string bytes = *SafetensorsHeader(views, {});
  for (const TensorView& view : views) {
    bytes.append(view.bytes.data(), view.bytes.size());
  }
  const std::shared_ptr<char[]> memory(
      new (std::align_val_t{64}) char[bytes.size() + shift],
      [](char* start) { operator delete[](start, std::align_val_t{64}); });
  std::copy(bytes.begin(), bytes.end(), memory.get() + shift);
  return *SafetensorsView::Parse(ArtifactReader(
      "pvc://test/file.safetensors",
      absl::string_view(memory.get() + shift, bytes.size()), memory));
}

TEST(TensorArtifactsTest, WhatIsWrittenIsRead) {
  const at::Tensor x = at::arange(6, at::kFloat).view({2, 3});
  const SafetensorsView file = FileOf({{"x", x}});
  absl::StatusOr<at::Tensor> read = FindTensor(file, "x", Dtype::kF32, {2, 3});
  ASSERT_OK(read);
  EXPECT_TRUE(at::equal(*read, x));
}

TEST(TensorArtifactsTest, EveryTypeThatSafetensorsHasGoesThereAndBack) {
  for (at::ScalarType type :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
        at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    const at::Tensor x = at::arange(8).to(type);
    const SafetensorsView file = FileOf({{"x", x}});
    const Dtype dtype = file.tensors()[0].dtype;
    absl::StatusOr<at::Tensor> read = FindTensor(file, "x", dtype, {8});
    ASSERT_OK(read);
    EXPECT_EQ(read->scalar_type(), type);
    EXPECT_TRUE(at::equal(*read, x)) << c10::toString(type);
  }
}

TEST(TensorArtifactsTest, ATensorLiesInTheFileAndKeepsIt) {
  at::Tensor read;
  {
    const SafetensorsView file = FileOf({{"x", at::ones({4})}});
    read = *FindTensor(file, "x", Dtype::kF32, {4});
    EXPECT_EQ(static_cast<const void*>(read.const_data_ptr()),
              static_cast<const void*>(file.tensors()[0].bytes.data()));
  }
  EXPECT_EQ(read.sum().item<float>(), 4.0f);
}

TEST(TensorArtifactsTest, AFileAtAnOddAddressIsReadAsWell) {
  const SafetensorsView file = FileOf({{"x", at::ones({4})}}, /*shift=*/1);
  absl::StatusOr<at::Tensor> read = FindTensor(file, "x", Dtype::kF32, {4});
  ASSERT_OK(read);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(read->const_data_ptr()) % 4, 0);
  EXPECT_TRUE(at::equal(*read, at::ones({4})));
}

TEST(TensorArtifactsTest, AnyLengthFitsAllButNone) {
  const SafetensorsView file =
      FileOf({{"x", at::ones({4, 2})}, {"none", at::ones({0, 2})}});
  EXPECT_OK(FindTensor(file, "x", Dtype::kF32, {kAnyLength, 2}));
  EXPECT_THAT(FindTensor(file, "none", Dtype::kF32, {kAnyLength, 2}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_OK(FindTensor(file, "none", Dtype::kF32, {0, 2}));
}

TEST(TensorArtifactsTest, RefusesAnotherShapeOrTypeSayingWhichIsNeeded) {
  const SafetensorsView file = FileOf({{"x", at::ones({4, 2})}});
  EXPECT_THAT(
      FindTensor(file, "x", Dtype::kF32, {kAnyLength, 3}),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("tensor 'x' is F32 [4,2]; needed is F32 [n,3]")));
  EXPECT_THAT(FindTensor(file, "x", Dtype::kF64, {4, 2}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("needed is F64 [4,2]")));
  EXPECT_THAT(FindTensor(file, "x", Dtype::kF32, {4}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(FindTensor(file, "y", Dtype::kF32, {4}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(TensorArtifactsTest, AViewNeedsContiguousMemory) {
  const absl::Status status = Guarded("view", [] {
    ViewOf("x", at::ones({2, 3}).t());
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal,
                               HasSubstr("tensor x is not contiguous")));
}

TEST(TensorArtifactsTest, ShowsShapes) {
  EXPECT_EQ(ShapeText({96, 4, 1}), "[96,4,1]");
  EXPECT_EQ(ShapeText({kAnyLength, 1}), "[n,1]");
  EXPECT_EQ(ShapeText({}), "[]");
}

}  // namespace
}  // namespace stagecoach
