#include "services/common/artifact/pages_ahead.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/artifact/unique_fd.h"

namespace stagecoach {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

class PagesAheadTest : public testing::Test {
 protected:
  std::shared_ptr<const FileMapping> Map(size_t size) {
    std::ofstream(path_).put('x');
    std::filesystem::resize_file(path_, size);
    const UniqueFd file(open(path_.c_str(), O_RDONLY));
    return FileMapping::Map(file.get(), size);
  }

  ~PagesAheadTest() override { std::filesystem::remove(path_); }

  const std::string path_ =
      testing::TempDir() + "/pages-ahead-" + std::to_string(getpid());
};

// Reads as PagesAhead's user does; returns how many bytes are not zero.
size_t Read(absl::string_view bytes) {
  PagesAhead ahead(bytes);
  size_t found = 0;
  for (size_t at = 0; at < bytes.size();) {
    const absl::string_view piece = bytes.substr(at, kMiB);
    found += piece.size() - std::count(piece.begin(), piece.end(), '\0');
    at += piece.size();
    ahead.Passed(at);
  }
  return found;
}

TEST_F(PagesAheadTest, WhatIsReadIsTheFile) {
  const auto mapping = Map(PagesAhead::kBytesAhead + 40 * kMiB + 17);
  EXPECT_EQ(Read(mapping->bytes()), 1);
  EXPECT_TRUE(CheckWhole("pvc://v/f", mapping->bytes()).ok());
}

TEST_F(PagesAheadTest, APageThatIsGoneIsNoticedByWhoReadsIt) {
  const auto mapping = Map(40 * kMiB);
  std::filesystem::resize_file(path_, 20 * kMiB);
  EXPECT_EQ(Read(mapping->bytes()), 1);
  EXPECT_FALSE(CheckWhole("pvc://v/f", mapping->bytes()).ok());
}

TEST_F(PagesAheadTest, AReaderMayGiveUpAtOnce) {
  const auto mapping = Map(40 * kMiB);
  const PagesAhead ahead(mapping->bytes());
}

}  // namespace
}  // namespace stagecoach
