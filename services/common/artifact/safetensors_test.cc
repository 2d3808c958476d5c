#include "services/common/artifact/safetensors.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

template <typename T>
absl::string_view BytesOf(const std::vector<T>& values) {
  return absl::string_view(reinterpret_cast<const char*>(values.data()),
                           values.size() * sizeof(T));
}

// The file that holds `tensors`, in memory that is aligned to 16.
ArtifactReader FileOf(absl::Span<const TensorView> tensors,
                      const SafetensorsMetadata& metadata = {}) {
  const auto header = SafetensorsHeader(tensors, metadata);
  EXPECT_OK(header);
  auto file = std::make_shared<std::string>(*header);
  for (const TensorView& tensor : tensors)
    absl::StrAppend(file.get(), tensor.bytes);
  return ArtifactReader("pvc://v/a.safetensors", *file, file);
}

TEST(SafetensorsTest, ReadsBackWhatWasWritten) {
  const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> scalar = {-7};
  const auto view = SafetensorsView::Parse(
      FileOf({{"lstm.weight", Dtype::kF32, {2, 3}, BytesOf(weights)},
              {"steps", Dtype::kI64, {}, BytesOf(scalar)}},
             {{"format", "pt"}}));
  ASSERT_OK(view);
  ASSERT_EQ(view->tensors().size(), 2u);
  EXPECT_EQ(view->tensors()[0].name, "lstm.weight");
  EXPECT_THAT(view->tensors()[0].shape, ElementsAre(2, 3));
  EXPECT_THAT(view->tensors()[0].floats(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(view->tensors()[1].dtype, Dtype::kI64);
  EXPECT_THAT(view->tensors()[1].shape, IsEmpty());
  EXPECT_EQ(view->tensors()[1].bytes, BytesOf(scalar));
  EXPECT_THAT(view->metadata(), ElementsAre(Pair("format", "pt")));
}

TEST(SafetensorsTest, HeaderIsTheFormatToTheByte) {
  const std::vector<float> values = {1, 2};
  const auto header =
      SafetensorsHeader({{"ab", Dtype::kF32, {2, 1}, BytesOf(values)}}, {});
  ASSERT_OK(header);
  const std::string json =
      R"({"ab":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";
  const std::string padded = json + std::string(64 - json.size(), ' ');
  EXPECT_EQ(*header, std::string("\x40\0\0\0\0\0\0\0", 8) + padded);
}

TEST(SafetensorsTest, DataBeginsAtAMultipleOfEight) {
  const std::vector<float> values = {1};
  for (size_t length = 1; length < 20; ++length) {
    const auto header = SafetensorsHeader(
        {{std::string(length, 'n'), Dtype::kF32, {1}, BytesOf(values)}}, {});
    ASSERT_OK(header);
    EXPECT_EQ(header->size() % 8, 0u) << length;
  }
}

TEST(SafetensorsTest, KeepsTensorsWithoutElements) {
  const std::vector<float> values = {1};
  const auto view =
      SafetensorsView::Parse(FileOf({{"none", Dtype::kF32, {0, 4}, ""},
                                     {"one", Dtype::kF32, {1}, BytesOf(values)},
                                     {"nothing", Dtype::kF64, {3, 0}, ""}}));
  ASSERT_OK(view);
  ASSERT_EQ(view->tensors().size(), 3u);
  EXPECT_THAT(view->tensors()[0].floats(), IsEmpty());
  EXPECT_EQ(view->tensors()[2].name, "nothing");
}

TEST(SafetensorsTest, AFileWithoutTensorsIsWellFormed) {
  const auto view = SafetensorsView::Parse(FileOf({}, {{"a", "b"}}));
  ASSERT_OK(view);
  EXPECT_THAT(view->tensors(), IsEmpty());
}

TEST(SafetensorsTest, TensorsComeInTheOrderOfTheirBytes) {
  const std::string json =
      R"({"late":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
      R"("early":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  auto file = std::make_shared<std::string>(8, '\0');
  (*file)[0] = static_cast<char>(json.size());
  *file += json + "ab";
  const auto view = SafetensorsView::Parse(ArtifactReader("u", *file, file));
  ASSERT_OK(view);
  EXPECT_EQ(view->tensors()[0].name, "early");
  EXPECT_EQ(view->tensors()[0].bytes, "a");
  EXPECT_EQ(view->tensors()[1].bytes, "b");
}

TEST(SafetensorsTest, MovesTensorsToWhereTheirTypeMayStand) {
  const std::vector<uint8_t> bytes = {9, 8, 7};
  const std::vector<float> floats = {1.5, 2.5};
  const auto view = SafetensorsView::Parse(
      FileOf({{"odd", Dtype::kU8, {3}, BytesOf(bytes)},
              {"floats", Dtype::kF32, {2}, BytesOf(floats)}}));
  ASSERT_OK(view);
  const SafetensorsView copy = *view;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(copy.tensors()[1].bytes.data()) % 4,
            0u);
  EXPECT_THAT(copy.tensors()[1].floats(), ElementsAre(1.5, 2.5));
}

TEST(SafetensorsTest, TheViewKeepsTheBytesAlive) {
  const std::vector<float> values = {42};
  absl::StatusOr<SafetensorsView> view = absl::UnknownError("");
  {
    ArtifactReader reader = FileOf({{"a", Dtype::kF32, {1}, BytesOf(values)}});
    view = SafetensorsView::Parse(std::move(reader));
  }
  ASSERT_OK(view);
  EXPECT_THAT(view->tensors()[0].floats(), ElementsAre(42));
}

TEST(SafetensorsTest, FindSuggestsTheNearestTensor) {
  const std::vector<float> values = {42};
  const auto view = SafetensorsView::Parse(
      FileOf({{"linear.weight", Dtype::kF32, {1}, BytesOf(values)}}));
  ASSERT_OK(view);
  EXPECT_OK(view->Find("linear.weight"));
  EXPECT_THAT(view->Find("linear.weights"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("did you mean \"linear.weight\"?")));
}

TEST(SafetensorsTest, WriterRefusesWhatNoReaderWouldTake) {
  const std::vector<float> values = {1, 2};
  const absl::string_view bytes = BytesOf(values);
  const struct {
    std::vector<TensorView> tensors;
    const char* message;
  } kCases[] = {
      {{{"a", Dtype::kF32, {2}, bytes}, {"a", Dtype::kF32, {2}, bytes}},
       "\"a\" is taken"},
      {{{"__metadata__", Dtype::kF32, {2}, bytes}}, "is taken"},
      {{{"a", Dtype::kF32, {3}, bytes}}, "has 8 bytes, but F32 of shape [3]"},
      {{{"a", Dtype::kF32, {-2}, bytes}}, "shape [-2]"},
      {{{"a", Dtype::kF32, {int64_t{1} << 62, 4}, bytes}}, "fit in 63 bits"},
      {{{"a\xff", Dtype::kF32, {2}, bytes}}, "is not UTF-8"},
  };
  for (const auto& [tensors, message] : kCases) {
    EXPECT_THAT(
        SafetensorsHeader(tensors, {}),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
  EXPECT_THAT(SafetensorsHeader({}, {{"a", "\xff"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("metadata value")));
}

TEST(SafetensorsTest, DtypesHaveTheFormatsNamesAndSizes) {
  EXPECT_EQ(DtypeName(Dtype::kBF16), "BF16");
  EXPECT_EQ(DtypeSize(Dtype::kBF16), 2);
  EXPECT_EQ(DtypeName(Dtype::kF64), "F64");
  EXPECT_EQ(DtypeSize(Dtype::kF64), 8);
  EXPECT_EQ(DtypeSize(Dtype::kBool), 1);
}

}  // namespace
}  // namespace stagecoach
