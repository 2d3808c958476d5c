// safetensors files that are not: each is refused with one clear message.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string LengthBytes(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i, value >>= 8) {
    bytes.push_back(static_cast<char>(value & 0xff));
  }
  return bytes;
}

std::string File(const std::string& json, const std::string& data = "") {
  return LengthBytes(json.size()) + json + data;
}

// A header with the one tensor `a`.
std::string Tensor(const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return absl::StrCat(R"({"a":{"dtype":)", dtype, R"(,"shape":)", shape,
                      R"(,"data_offsets":)", offsets, "}}");
}

absl::Status Parse(const std::string& file) {
  // Of its exact size on the heap, so that a sanitizer sees any step beyond.
  auto bytes = std::make_shared<std::string>(file);
  bytes->shrink_to_fit();
  return SafetensorsView::Parse(
             ArtifactReader("pvc://v/w.safetensors", *bytes, bytes))
      .status();
}

struct Corruption {
  const char* name;
  std::string file;
  std::string message;
};

constexpr char kData[] = "12345678";

// What is around the tensors: lengths, JSON.
std::vector<Corruption> Frames() {
  const std::string good = Tensor("\"F32\"", "[2]", "[0,8]");
  return {
      {"Empty", "", "the file has 0 bytes"},
      {"NoRoomForTheLength", "1234567", "the file has 7 bytes"},
      {"HeaderLongerThanTheFile", LengthBytes(100) + "{}",
       "says it is 100 bytes long, but only 2 follow"},
      {"HeaderOverTheLimit", LengthBytes(100'000'001) + "{}",
       "at most 100000000 are allowed"},
      {"HeaderLengthOverflows", LengthBytes(~uint64_t{0}) + "{}",
       "at most 100000000 are allowed"},
      {"EmptyHeader", File(""), "does not begin with \"{\""},
      {"LeadingSpace", File(" {}"), "does not begin with \"{\""},
      {"NotAnObject", File("[1]"), "does not begin with \"{\""},
      {"CutOffJson", File(good.substr(0, 20), kData), "is not UTF-8 JSON"},
      {"TrailingText", File(good + "x", kData), "is not UTF-8 JSON"},
      {"NulAfterTheJson", File(good + std::string(1, '\0') + "x", kData),
       "has a NUL byte"},
      {"NotUtf8", File("{\"\xff\":1}"), "is not UTF-8 JSON"},
      {"HugeNumber", File(Tensor("\"F32\"", "[1e999]", "[0,8]"), kData),
       "is not UTF-8 JSON"},
      {"DeepNesting", File("{\"a\":" + std::string(1'000'000, '[')),
       "entry \"a\" has an array"},
  };
}

// What an entry of the header is made of.
std::vector<Corruption> Entries() {
  return {
      {"TensorIsANumber", File(R"({"a":1})"), "entry \"a\" has a number"},
      {"TensorIsNull", File(R"({"a":null})"), "entry \"a\" has null"},
      {"TensorTwice",
       File(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
            R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
       "entry \"a\" is there twice"},
      {"FieldTwice", File(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0]}})"),
       "entry \"a\" has dtype twice"},
      {"UnknownField", File(R"({"a":{"dtyp":"U8"}})"),
       "has the unknown field \"dtyp\""},
      {"NoDtype", File(R"({"a":{"shape":[0],"data_offsets":[0,0]}})"),
       "entry \"a\" has no dtype"},
      {"NoShape", File(R"({"a":{"dtype":"U8","data_offsets":[0,0]}})"),
       "entry \"a\" has no shape"},
      {"NoOffsets", File(R"({"a":{"dtype":"U8","shape":[0]}})"),
       "entry \"a\" has no data_offsets"},
      {"UnknownDtype", File(Tensor("\"F31\"", "[2]", "[0,8]"), kData),
       "has the dtype \"F31\"; known are BOOL"},
      {"DtypeIsANumber", File(Tensor("32", "[2]", "[0,8]"), kData),
       "has a number in dtype"},
      {"ShapeIsANumber", File(Tensor("\"F32\"", "2", "[0,8]"), kData),
       "has a number in shape"},
      {"ShapeNested", File(Tensor("\"F32\"", "[[2]]", "[0,8]"), kData),
       "has an array in shape"},
      {"MetadataIsANumber", File(R"({"__metadata__":1})"),
       "entry \"__metadata__\" has a number"},
      {"MetadataValueIsANumber", File(R"({"__metadata__":{"k":1}})"),
       "has a number where a string must be"},
      {"MetadataKeyTwice", File(R"({"__metadata__":{"k":"1","k":"2"}})"),
       "has the metadata key \"k\" twice"},
      {"MetadataTwice", File(R"({"__metadata__":{},"__metadata__":{}})"),
       "entry \"__metadata__\" is there twice"},
  };
}

// Shapes and offsets on their own.
std::vector<Corruption> Numbers() {
  return {
      {"NegativeLength", File(Tensor("\"F32\"", "[-2]", "[0,8]"), kData),
       "has the negative number -2"},
      {"FractionalLength", File(Tensor("\"F32\"", "[2.0]", "[0,8]"), kData),
       "has the number 2.0; only whole numbers"},
      {"LengthOver63Bits",
       File(Tensor("\"F32\"", "[18446744073709551615]", "[0,8]"), kData),
       "it must be below 2^63"},
      {"ShapeOverflows",
       File(Tensor("\"F32\"", "[4611686018427387904,4611686018427387904]",
                   "[0,8]"),
            kData),
       "has more than 2^64 bytes"},
      {"ShapeOverflowsToTheSize",
       File(Tensor("\"F32\"", "[9223372036854775807,2,2]", "[0,8]"), kData),
       "has more than 2^64 bytes"},
      {"MissingLength", File(Tensor("\"F32\"", "[1,,2]", "[0,8]"), kData),
       "is not UTF-8 JSON"},
      {"OneOffset", File(Tensor("\"F32\"", "[2]", "[0]"), kData),
       "has 1 data_offsets"},
      {"ThreeOffsets", File(Tensor("\"F32\"", "[2]", "[0,8,8]"), kData),
       "has more than two data_offsets"},
      {"NegativeOffset", File(Tensor("\"F32\"", "[2]", "[-8,0]"), kData),
       "has the negative number -8"},
  };
}

// Offsets against shape, file and each other.
std::vector<Corruption> Extents() {
  const std::string good = Tensor("\"F32\"", "[2]", "[0,8]");
  const std::string two_tensors =
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
      R"("b":{"dtype":"U8","shape":[4],"data_offsets":)";
  return {
      {"OffsetsBackwards", File(Tensor("\"F32\"", "[2]", "[8,0]"), kData),
       "has data_offsets [8, 0], which end before they begin"},
      {"OffsetsBeyondTheEnd", File(Tensor("\"F32\"", "[4]", "[0,16]"), kData),
       "has data_offsets [0, 16], but the file has only 8 bytes of data"},
      {"OffsetsDoNotFitTheShape",
       File(Tensor("\"F32\"", "[3]", "[0,8]"), kData),
       "[0, 8], 8 bytes, but F32 of shape [3] has 12"},
      {"Overlap", File(two_tensors + "[3,7]}}", kData),
       "tensor \"b\" has data_offsets [3, 7], which overlap"},
      {"SameBytesTwice", File(two_tensors + "[0,4]}}", kData),
       "which overlap the tensor before; it ends at 4"},
      {"Hole", File(two_tensors + "[5,9]}}", std::string(kData) + "x"),
       "tensor \"b\" has data_offsets [5, 9], which leave a hole"},
      {"BytesAfterTheLastTensor", File(good, std::string(kData) + "tail"),
       "end at byte 8 of the data, but the file has 12"},
      {"TruncatedData", File(good, kData + 1),
       "but the file has only 7 bytes of data"},
  };
}

class SafetensorsCorruptionTest : public testing::TestWithParam<Corruption> {};

TEST_P(SafetensorsCorruptionTest, IsRefusedNamingTheFault) {
  const absl::Status status = Parse(GetParam().file);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr(GetParam().message)));
  EXPECT_THAT(std::string(status.message()),
              StartsWith("pvc://v/w.safetensors: "));
}

std::string CorruptionName(const testing::TestParamInfo<Corruption>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Frames, SafetensorsCorruptionTest,
                         testing::ValuesIn(Frames()), CorruptionName);
INSTANTIATE_TEST_SUITE_P(Entries, SafetensorsCorruptionTest,
                         testing::ValuesIn(Entries()), CorruptionName);
INSTANTIATE_TEST_SUITE_P(Numbers, SafetensorsCorruptionTest,
                         testing::ValuesIn(Numbers()), CorruptionName);
INSTANTIATE_TEST_SUITE_P(Extents, SafetensorsCorruptionTest,
                         testing::ValuesIn(Extents()), CorruptionName);

TEST(SafetensorsDamageTest, TooManyDimensionsAreRefused) {
  std::string shape = "[1";
  for (int i = 0; i < 100; ++i) shape += ",1";
  EXPECT_THAT(Parse(File(Tensor("\"U8\"", shape + "]", "[0,1]"), "x")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("has more than 64 dimensions")));
}

TEST(SafetensorsDamageTest, EveryCutOffFileIsRefused) {
  const std::string file = File(Tensor("\"F32\"", "[2]", "[0,8]"), "12345678");
  ASSERT_OK(Parse(file));
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_THAT(Parse(file.substr(0, length)),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << length;
  }
}

TEST(SafetensorsDamageTest, NoFlippedBitOfTheHeaderCrashesTheParser) {
  const std::string file = File(Tensor("\"F32\"", "[2]", "[0,8]"), "12345678");
  for (size_t bit = 0; bit < (file.size() - 8) * 8; ++bit) {
    std::string damaged = file;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const absl::Status status = Parse(damaged);
    // Some change only the tensor's name or white space.
    if (status.ok()) continue;
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition)) << bit;
  }
}

}  // namespace
}  // namespace stagecoach
