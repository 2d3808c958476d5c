#include "services/common/rpc/endpoints_file.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

class EndpointsFileTest : public testing::Test {
 protected:
  EndpointsFileTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/endpointsXXXXXX");
    folder_ = mkdtemp(pattern.data());
    path_ = absl::StrCat(folder_, "/train.json");
  }

  int FilesInFolder() const {
    DIR* directory = opendir(folder_.c_str());
    int entries = -2;  // `.` and `..`
    while (readdir(directory) != nullptr) ++entries;
    closedir(directory);
    return entries;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(EndpointsFileTest, WhatIsWrittenIsRead) {
  ASSERT_OK(WriteEndpointsFile(path_, {7, "127.0.0.1:1", "127.0.0.1:2"}));
  const auto endpoints = ReadEndpointsFile(path_);
  ASSERT_OK(endpoints);
  EXPECT_EQ(endpoints->pid, 7);
  EXPECT_EQ(endpoints->grpc, "127.0.0.1:1");
  EXPECT_EQ(endpoints->metrics, "127.0.0.1:2");
}

TEST_F(EndpointsFileTest, ReplacesAnOlderFileAndLeavesNothingElse) {
  ASSERT_OK(WriteEndpointsFile(path_, {7, "a:1", "a:2"}));
  ASSERT_OK(WriteEndpointsFile(path_, {8, "b:1", "b:2"}));
  EXPECT_EQ(ReadEndpointsFile(path_)->pid, 8);
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(EndpointsFileTest, MissingFolderIsAnErrorThatNamesThePath) {
  const std::string path = absl::StrCat(folder_, "/none/train.json");
  EXPECT_THAT(WriteEndpointsFile(path, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(path)));
}

TEST_F(EndpointsFileTest, FailedRenameLeavesNoUnfinishedFile) {
  mkdir(path_.c_str(), 0700);
  mkdir(absl::StrCat(path_, "/not-empty").c_str(), 0700);
  EXPECT_FALSE(WriteEndpointsFile(path_, {}).ok());
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(EndpointsFileTest, FileThatIsNotThereIsNotFound) {
  EXPECT_THAT(ReadEndpointsFile(path_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(path_)));
}

TEST_F(EndpointsFileTest, OtherContentIsDataLoss) {
  for (const char* text :
       {"", "{", "[]", "{\"pid\":1}",
        "{\"pid\":\"1\",\"grpc\":\"a:1\",\"metrics\":\"a:2\"}",
        "{\"pid\":1,\"grpc\":\"a:1\",\"metrics\":2}"}) {
    std::ofstream(path_) << text;
    EXPECT_THAT(ReadEndpointsFile(path_),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)))
        << text;
  }
}

}  // namespace
}  // namespace stagecoach
