// What only a real folder has: links, pipes, folders that move.

#include "services/common/artifact/posix_file_system.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

// A volume beside a folder that it must never reach.
class PosixFileSystemTest : public testing::TestWithParam<KernelFeatures> {
 protected:
  PosixFileSystemTest()
      : root_(testing::TempDir() + "/posix-" + RandomId(12)),
        outside_(root_ + "-outside") {
    std::filesystem::create_directory(root_);
    std::filesystem::create_directory(outside_);
    std::ofstream(outside_ + "/secret") << "secret";
    auto files = OpenPosixFileSystem("artifacts", root_, GetParam());
    EXPECT_OK(files);
    files_ = *files;
  }

  void Link(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, root_ + "/" + name);
  }

  const std::string root_;
  const std::string outside_;
  std::shared_ptr<FileSystem> files_;
};

TEST_P(PosixFileSystemTest, LinksThatLeadOutAreRefused) {
  Link(outside_, "absolute");
  Link("../" + outside_.substr(outside_.rfind('/') + 1), "relative");
  Link(outside_ + "/secret", "file");
  for (const char* path : {"absolute/secret", "relative/secret", "file"}) {
    EXPECT_THAT(files_->OpenFile(path),
                StatusIs(StatusCode::kInvalidArgument,
                         HasSubstr("leads out of the volume")))
        << path;
    EXPECT_THAT(files_->Stat(path), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(files_->CreateFile("absolute/new"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(files_->CreateDirectory("relative/new"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(files_->RemoveFile("absolute/secret"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(files_->Rename("absolute/secret", "stolen"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_TRUE(std::filesystem::exists(outside_ + "/secret"));
}

TEST_P(PosixFileSystemTest, RemoveTreeTakesALinkAndNotWhatItNames) {
  ASSERT_OK(files_->CreateDirectory("d"));
  Link(outside_, "d/link");
  EXPECT_OK(files_->RemoveTree("d"));
  EXPECT_TRUE(std::filesystem::exists(outside_ + "/secret"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/d"));
}

TEST_P(PosixFileSystemTest, LoopsOfLinksAreRefused) {
  Link("b", "a");
  Link("a", "b");
  EXPECT_THAT(files_->OpenFile("a/x"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_P(PosixFileSystemTest, OpeningAPipeDoesNotWait) {
  ASSERT_EQ(mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(files_->OpenFile("pipe"),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("a regular file is needed")));
}

TEST_P(PosixFileSystemTest, TheVolumeIsTheFolderThatWasOpened) {
  ASSERT_OK(WriteWholeFile(*files_, "a", "1"));
  std::filesystem::rename(root_, root_ + "-moved");
  EXPECT_THAT(ReadWholeFile(*files_, "a", 10), IsOkAndHolds("1"));
}

TEST_P(PosixFileSystemTest, AFileThatGotShorterIsDataLoss) {
  ASSERT_OK(WriteWholeFile(*files_, "a", "123456"));
  const auto file = files_->OpenFile("a");
  ASSERT_OK(file);
  std::filesystem::resize_file(root_ + "/a", 3);
  EXPECT_THAT((*file)->Map(),
              StatusIs(StatusCode::kDataLoss, HasSubstr("ends after 3")));
}

INSTANTIATE_TEST_SUITE_P(All, PosixFileSystemTest,
                         testing::Values(KernelFeatures::kDetect,
                                         KernelFeatures::kPortable),
                         [](const auto& features) {
                           return features.param == KernelFeatures::kDetect
                                      ? "NewKernel"
                                      : "OldKernel";
                         });

class PosixLinksTest : public PosixFileSystemTest {};

TEST_P(PosixLinksTest, LinksWithinTheVolumeAreFollowed) {
  ASSERT_OK(files_->CreateDirectory("d"));
  ASSERT_OK(WriteWholeFile(*files_, "d/a", "1"));
  Link("d", "link");
  EXPECT_THAT(ReadWholeFile(*files_, "link/a", 10), IsOkAndHolds("1"));
}

INSTANTIATE_TEST_SUITE_P(All, PosixLinksTest,
                         testing::Values(KernelFeatures::kDetect));

TEST(OpenPosixFileSystemTest, NamesTheFolderThatIsMissingOrNone) {
  const std::string missing = testing::TempDir() + "/missing-" + RandomId(12);
  EXPECT_THAT(OpenPosixFileSystem("artifacts", missing),
              StatusIs(StatusCode::kNotFound, HasSubstr(missing)));
  std::ofstream(missing) << "a file";
  EXPECT_THAT(OpenPosixFileSystem("artifacts", missing),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr(missing)));
  EXPECT_THAT(OpenPosixFileSystem("Artifacts", testing::TempDir()),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace stagecoach
