#include "services/common/artifact/uri.h"

#include <string>

#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

TEST(UriTest, ParsesVolumeAndPath) {
  const auto uri = ArtifactUri::Parse("pvc://artifacts/runs/a-1/train/X.csv");
  ASSERT_OK(uri);
  EXPECT_EQ(uri->volume(), "artifacts");
  EXPECT_EQ(uri->path(), "runs/a-1/train/X.csv");
  EXPECT_EQ(uri->ToString(), "pvc://artifacts/runs/a-1/train/X.csv");
}

TEST(UriTest, AcceptsHiddenNamesSpacesAndOtherAlphabets) {
  EXPECT_OK(ArtifactUri::Parse("pvc://v/.hidden/..a/a b/größe.csv"));
}

TEST(UriTest, JoinsFurtherSegments) {
  const auto uri = ArtifactUri::Parse("pvc://v/runs");
  ASSERT_OK(uri);
  const auto joined = uri->Join("a/b.csv");
  ASSERT_OK(joined);
  EXPECT_EQ(joined->ToString(), "pvc://v/runs/a/b.csv");
  EXPECT_THAT(uri->Join("../b"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(uri->Join("/b"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(uri->Join(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

struct Refusal {
  std::string uri;
  std::string message;
};

class UriRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(UriRefusalTest, SaysWhatIsWrong) {
  EXPECT_THAT(ArtifactUri::Parse(GetParam().uri),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, UriRefusalTest,
    testing::Values(
        Refusal{"", "the form is pvc://<volume>/<path>"},
        Refusal{"/mnt/a.csv", "does not begin with \"pvc://\""},
        Refusal{"s3://v/a", "does not begin with \"pvc://\""},
        Refusal{"PVC://v/a", "does not begin with \"pvc://\""},
        Refusal{"pvc://v", "has no path"}, Refusal{"pvc://v/", "is empty"},
        Refusal{"pvc:///a", "volume name \"\" is malformed"},
        Refusal{"pvc://V/a", "volume name \"V\" is malformed"},
        Refusal{"pvc://-v/a", "volume name \"-v\" is malformed"},
        Refusal{"pvc://v_w/a", "volume name \"v_w\" is malformed"},
        Refusal{"pvc://" + std::string(64, 'v') + "/a", "is malformed"},
        Refusal{"pvc://v//a", "is absolute"},
        Refusal{"pvc://v/a//b", "has an empty segment"},
        Refusal{"pvc://v/a/", "has an empty segment"},
        Refusal{"pvc://v/../a", "\".\" or \"..\""},
        Refusal{"pvc://v/a/..", "\".\" or \"..\""},
        Refusal{"pvc://v/a/./b", "\".\" or \"..\""},
        Refusal{std::string("pvc://v/a\0b", 11), "has a control character"},
        Refusal{"pvc://v/a\nb", "path \"a\\nb\" has a control character"},
        Refusal{"pvc://v/a\x7f", "has a control character"},
        Refusal{"pvc://v/a\xff", "is not UTF-8"},
        Refusal{"pvc://v/" + std::string(256, 'a'), "more than 255 bytes"},
        Refusal{"pvc://v/" + std::string(3000, 'a'), "over 2048 bytes"}));

TEST(UriTest, TheLongestUriIsAccepted) {
  std::string uri = "pvc://v";
  while (uri.size() + 256 <= kMaxUriLength) uri += "/" + std::string(255, 'a');
  EXPECT_OK(ArtifactUri::Parse(uri));
  uri += "/" + std::string(kMaxUriLength - uri.size(), 'b');
  EXPECT_THAT(ArtifactUri::Parse(uri),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("URI is 2049 bytes long")));
}

TEST(UriTest, TakesPathsApart) {
  EXPECT_EQ(ParentPath("a/b/c"), "a/b");
  EXPECT_EQ(LastSegment("a/b/c"), "c");
  EXPECT_EQ(ParentPath("a"), "");
  EXPECT_EQ(LastSegment("a"), "a");
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("", "c"), "c");
}

}  // namespace
}  // namespace stagecoach
