#include "services/common/artifact/shared_directory.h"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/base/ids.h"

namespace stagecoach {
namespace {

// As the client of a server that dies once it has renamed, before it answers.
int RenameTwice(int from_directory, const char* from, int to_directory,
                const char* to) {
  renameat(from_directory, from, to_directory, to);
  return renameat(from_directory, from, to_directory, to);
}

// Somebody else removes the file just before.
int RemoveFirst(int from_directory, const char* from, int to_directory,
                const char* to) {
  unlinkat(from_directory, from, 0);
  return renameat(from_directory, from, to_directory, to);
}

// Somebody else removes the file and takes the new name.
int TakeNameFirst(int from_directory, const char* from, int to_directory,
                  const char* to) {
  close(openat(to_directory, to, O_CREAT | O_WRONLY, 0600));
  return RemoveFirst(from_directory, from, to_directory, "elsewhere/x");
}

class RenameNoReplaceTest : public testing::TestWithParam<KernelFeatures> {
 protected:
  RenameNoReplaceTest() : folder_(testing::TempDir() + "/" + RandomId(12)) {
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ + "/old") << "content";
  }

  NameIn Name(const std::string& name) const {
    return {UniqueFd(open(folder_.c_str(), O_PATH | O_DIRECTORY)), name};
  }
  int Rename(KernelFeatures features, RenameCall rename) const {
    return RenameNoReplace(Name("old"), Name("new"), features, rename);
  }
  bool Has(const std::string& name) const {
    return std::filesystem::exists(folder_ + "/" + name);
  }

  const std::string folder_;
};

TEST_P(RenameNoReplaceTest, MovesTheFile) {
  EXPECT_EQ(Rename(GetParam(), renameat), 0);
  EXPECT_FALSE(Has("old"));
  EXPECT_TRUE(Has("new"));
}

TEST_P(RenameNoReplaceTest, ANameThatIsTakenStaysAsItIs) {
  std::ofstream(folder_ + "/new") << "";
  EXPECT_EQ(Rename(GetParam(), renameat), EEXIST);
  EXPECT_TRUE(Has("old"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/new"));
}

TEST_P(RenameNoReplaceTest, AFileThatIsNotThereIsNotFound) {
  std::filesystem::remove(folder_ + "/old");
  EXPECT_EQ(Rename(GetParam(), renameat), ENOENT);
}

INSTANTIATE_TEST_SUITE_P(All, RenameNoReplaceTest,
                         testing::Values(KernelFeatures::kDetect,
                                         KernelFeatures::kPortable));

class RepeatedRenameTest : public RenameNoReplaceTest {};

TEST_P(RepeatedRenameTest, ACallThatIsRepeatedFindsItsOwnWork) {
  EXPECT_EQ(Rename(GetParam(), RenameTwice), 0);
  EXPECT_TRUE(Has("new"));
}

TEST_P(RepeatedRenameTest, AFileThatIsRemovedMeanwhileIsNotFound) {
  EXPECT_EQ(Rename(GetParam(), RemoveFirst), ENOENT);
  EXPECT_FALSE(Has("new"));
}

TEST_P(RepeatedRenameTest, AnothersFileUnderTheNewNameIsNotTakenForItsOwn) {
  EXPECT_EQ(Rename(GetParam(), TakeNameFirst), ENOENT);
}

INSTANTIATE_TEST_SUITE_P(All, RepeatedRenameTest,
                         testing::Values(KernelFeatures::kPortable));

}  // namespace
}  // namespace stagecoach
