#include "services/common/artifact/file_mapping.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

constexpr size_t kSize = 3 << 20;

class FileMappingTest : public testing::Test {
 protected:
  FileMappingTest() : path_(testing::TempDir() + "mapping-XXXXXX") {
    fd_ = mkstemp(path_.data());
    const std::string bytes(kSize, 'x');
    EXPECT_EQ(write(fd_, bytes.data(), kSize), ssize_t(kSize));
  }
  ~FileMappingTest() override {
    close(fd_);
    std::filesystem::remove(path_);
  }

  static int Sum(absl::string_view bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0);
  }

  std::string path_;
  int fd_ = -1;
};

TEST_F(FileMappingTest, AFileThatIsLeftAloneIsWhole) {
  const auto mapping = FileMapping::Map(fd_, kSize);
  ASSERT_NE(mapping, nullptr);
  EXPECT_EQ(Sum(mapping->bytes()), int(kSize) * 'x');
  EXPECT_OK(CheckWhole("x", mapping->bytes()));
}

TEST_F(FileMappingTest, WhatWasCutOffReadsAsZerosAndIsNotWhole) {
  const auto mapping = FileMapping::Map(fd_, kSize);
  ASSERT_NE(mapping, nullptr);
  ASSERT_EQ(ftruncate(fd_, kSize / 3), 0);
  EXPECT_OK(CheckWhole("x", mapping->bytes())) << "nobody has read it yet";
  EXPECT_EQ(Sum(mapping->bytes()), int(kSize / 3) * 'x');
  EXPECT_THAT(CheckWhole("x", mapping->bytes()),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FileMappingTest, OtherMappingsAreNotTouched) {
  const auto mapping = FileMapping::Map(fd_, kSize);
  const int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const auto well = FileMapping::Map(other, 4096);
  close(other);
  ASSERT_NE(well, nullptr);
  ASSERT_EQ(ftruncate(fd_, 0), 0);
  EXPECT_EQ(Sum(mapping->bytes()), 0);
  EXPECT_EQ(well->bytes().substr(1, 3), "ELF");
  EXPECT_OK(CheckWhole("y", well->bytes()));
}

TEST_F(FileMappingTest, ManyThreadsMayReadWhatIsGone) {
  const auto mapping = FileMapping::Map(fd_, kSize);
  ASSERT_EQ(ftruncate(fd_, 0), 0);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] { EXPECT_EQ(Sum(mapping->bytes()), 0); });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_THAT(CheckWhole("x", mapping->bytes()),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FileMappingTest, AFileOfAVolumeThatIsShortenedIsOneErrorAndNoCrash) {
  const std::filesystem::path file(path_);
  const auto files = OpenPosixFileSystem("artifacts", file.parent_path());
  ASSERT_OK(files);
  const auto opened = (*files)->OpenFile(file.filename().string());
  ASSERT_OK(opened);
  const auto mapped = (*opened)->Map();
  ASSERT_OK(mapped);
  EXPECT_OK(CheckWhole("pvc://artifacts/x", mapped->bytes));
  ASSERT_EQ(ftruncate(fd_, 4096), 0);
  EXPECT_EQ(Sum(mapped->bytes), 4096 * 'x');
  EXPECT_THAT(CheckWhole("pvc://artifacts/x", mapped->bytes),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("pvc://artifacts/x was damaged")));
}

TEST_F(FileMappingTest, BytesThatAreNoMappingAreWhole) {
  EXPECT_OK(CheckWhole("x", "some bytes"));
  EXPECT_OK(CheckWhole("x", ""));
}

TEST(FileMappingDeathTest, ABusErrorOfOthersEndsTheProcessAsEver) {
  signal(SIGBUS, SIG_DFL);  // a sanitizer has a handler of its own
  const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const auto mapping = FileMapping::Map(fd, 4096);
  close(fd);
  EXPECT_EXIT(raise(SIGBUS), testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace stagecoach
