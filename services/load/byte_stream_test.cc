#include "services/load/byte_stream.h"

#include <zlib.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream zlib = {};
  EXPECT_EQ(deflateInit2(&zlib, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8,
                         Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string packed(deflateBound(&zlib, text.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = text.size();
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = packed.size();
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

// All that the stream gives if each part is used up but for `keep` bytes.
absl::StatusOr<std::string> ReadAll(ByteStream& stream, size_t keep = 0) {
  std::string all;
  size_t kept = 0;
  do {
    const absl::Status status = stream.Next(kept);
    if (!status.ok()) return status;
    const size_t left = stream.at_end() ? 0 : keep;
    absl::StrAppend(&all, stream.part().substr(0, stream.part().size() - left));
    kept = left;
  } while (!stream.at_end());
  return all;
}

std::string Numbers(int count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) absl::StrAppend(&text, i * 7919, "\n");
  return text;
}

TEST(ByteStreamTest, PlainBytesAreOnePart) {
  const auto stream = StreamOf("abc");
  ASSERT_OK(stream->Next(0));
  EXPECT_EQ(stream->part(), "abc");
  EXPECT_TRUE(stream->at_end());
  EXPECT_EQ(stream->position(1), 2);
}

TEST(ByteStreamTest, UnpacksInParts) {
  const std::string text = Numbers(500'000);
  const std::string packed = Gzip(text);
  ASSERT_TRUE(IsGzip(packed));
  for (const size_t keep : {0, 1, 1000}) {
    const auto stream = UnpackGzip(packed);
    EXPECT_THAT(ReadAll(*stream, keep), IsOkAndHolds(text)) << keep;
    EXPECT_EQ(stream->position(0), static_cast<int64_t>(packed.size()));
  }
}

TEST(ByteStreamTest, ARecordLongerThanAPartFindsRoom) {
  const std::string text(5'000'000, 'x');
  const std::string packed = Gzip(text);
  const auto stream = UnpackGzip(packed);
  ASSERT_OK(stream->Next(0));
  while (!stream->at_end()) ASSERT_OK(stream->Next(stream->part().size()));
  EXPECT_EQ(stream->part(), text);
}

TEST(ByteStreamTest, SeveralMembersAndZerosAfterThemAreOneText) {
  const std::string packed =
      absl::StrCat(Gzip("a,b\n"), Gzip("1,2\n"), std::string(512, '\0'));
  const auto stream = UnpackGzip(packed);
  EXPECT_THAT(ReadAll(*stream), IsOkAndHolds("a,b\n1,2\n"));
}

TEST(ByteStreamTest, RefusesWhatIsCutOffDamagedOrFollowedBySomethingElse) {
  const std::string good = Gzip(Numbers(1000));
  std::string damaged = good;
  damaged[good.size() / 2] ^= 0x55;
  std::string wrong_sum = good;
  wrong_sum[good.size() - 6] ^= 1;
  const struct {
    std::string bytes;
    std::string message;
  } cases[] = {
      {good.substr(0, good.size() / 2), "is cut off"},
      {good.substr(0, good.size() - 1), "is cut off"},
      {good.substr(0, 5), "is cut off"},
      {damaged, "is damaged"},
      {wrong_sum, "is damaged: incorrect data check"},
      {good + "abc", "something that is not gzip follows at byte"},
  };
  for (const auto& [bytes, message] : cases) {
    const auto stream = UnpackGzip(bytes);
    EXPECT_THAT(
        ReadAll(*stream),
        StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message)));
  }
}

}  // namespace
}  // namespace stagecoach
