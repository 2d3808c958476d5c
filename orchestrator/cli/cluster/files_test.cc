#include "orchestrator/cli/cluster/files.h"

#include <filesystem>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  FilesTest() : root_(testing::TempDir() + "files-" + RandomId(12)) {
    EXPECT_OK(CreateFolders(root_));
  }
  ~FilesTest() override { std::filesystem::remove_all(root_); }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  const std::string root_;
};

TEST_F(FilesTest, WritesAndReadsAFileAsAWhole) {
  ASSERT_OK(WriteFile(Path("a"), "one"));
  ASSERT_OK(WriteFile(Path("a"), "two"));
  EXPECT_THAT(ReadFile(Path("a")), IsOkAndHolds("two"));
  ASSERT_OK(WriteFile(Path("empty"), ""));
  EXPECT_THAT(ReadFile(Path("empty")), IsOkAndHolds(""));
}

TEST_F(FilesTest, AMissingFileIsNotFoundAndNamed) {
  EXPECT_THAT(ReadFile(Path("none")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(Path("none"))));
  EXPECT_THAT(WriteFile(Path("no/folder"), "x"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FilesTest, CopiesOnlyWhatIsMissing) {
  ASSERT_OK(CreateFolders(Path("from")));
  ASSERT_OK(WriteFile(Path("from/a.csv"), "new"));
  ASSERT_OK(WriteFile(Path("from/b.csv"), "new"));
  ASSERT_OK(CreateFolders(Path("to")));
  ASSERT_OK(WriteFile(Path("to/a.csv"), "mine"));
  EXPECT_THAT(CopyMissingFiles(Path("from"), Path("to")), IsOkAndHolds(1));
  EXPECT_THAT(ReadFile(Path("to/a.csv")), IsOkAndHolds("mine"));
  EXPECT_THAT(ReadFile(Path("to/b.csv")), IsOkAndHolds("new"));
  EXPECT_THAT(CopyMissingFiles(Path("from"), Path("to")), IsOkAndHolds(0));
}

TEST_F(FilesTest, TheTailStartsWhereItIsToldTo) {
  ASSERT_OK(WriteFile(Path("log"), "old\none\ntwo\nthree\n"));
  EXPECT_EQ(TailOfFile(Path("log"), 0, 2), "two\nthree");
  EXPECT_EQ(TailOfFile(Path("log"), 4, 20), "one\ntwo\nthree");
  EXPECT_EQ(TailOfFile(Path("log"), FileSize(Path("log")), 20), "");
  EXPECT_EQ(TailOfFile(Path("none"), 0, 20), "");
}

TEST_F(FilesTest, ALockIsHeldByOneAtATime) {
  {
    absl::StatusOr<FileLock> first = FileLock::Take(Path("lock"));
    ASSERT_OK(first);
    EXPECT_THAT(FileLock::Take(Path("lock")).status(),
                StatusIs(absl::StatusCode::kUnavailable));
    const FileLock moved = *std::move(first);
    EXPECT_THAT(FileLock::Take(Path("lock")).status(),
                StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_OK(FileLock::Take(Path("lock")));
}

}  // namespace
}  // namespace stagecoach
