#include "orchestrator/cli/cluster/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

absl::Status ErrorAt(absl::string_view what, absl::string_view path,
                     int number) {
  const std::string message =
      absl::StrCat(what, " ", path, ": ", std::strerror(number));
  if (number == ENOENT) return absl::NotFoundError(message);
  if (number == EACCES || number == EPERM || number == EROFS) {
    return absl::PermissionDeniedError(message);
  }
  return absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // An empty file sets failbit on `text` alone.
  if (!file.is_open() || file.bad()) {
    return ErrorAt("cannot read", path, errno == 0 ? EIO : errno);
  }
  return text.str();
}

absl::Status WriteFile(const std::string& path, absl::string_view text) {
  const std::string staged = absl::StrCat(path, ".new");
  {
    errno = 0;
    std::ofstream file(staged, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return ErrorAt("cannot write", staged, errno == 0 ? EIO : errno);
  }
  std::error_code error;
  fs::rename(staged, path, error);
  if (error) return ErrorAt("cannot write", path, error.value());
  return absl::OkStatus();
}

absl::Status CreateFolders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return ErrorAt("cannot create folder", path, error.value());
  return absl::OkStatus();
}

absl::StatusOr<int> CopyMissingFiles(const std::string& from,
                                     const std::string& to) {
  SC_RETURN_IF_ERROR(CreateFolders(to));
  int copied = 0;
  std::error_code error;
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    const fs::path target = fs::path(to) / entry->path().filename();
    std::error_code copy_error;
    if (fs::exists(target, copy_error)) continue;
    fs::copy_file(entry->path(), target, copy_error);
    if (copy_error) {
      return ErrorAt("cannot copy to", target.string(), copy_error.value());
    }
    ++copied;
  }
  if (error) return ErrorAt("cannot list", from, error.value());
  return copied;
}

int64_t FileSize(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::string TailOfFile(const std::string& path, int64_t from, int most_lines) {
  // A few hundred bytes a line; a log may be long.
  const int64_t most_bytes = 512 * int64_t{most_lines};
  const int64_t start = std::max(from, FileSize(path) - most_bytes);
  std::ifstream file(path, std::ios::binary);
  file.seekg(start);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) return "";
  const std::string tail = text.str();
  std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripSuffix(tail, "\n"), '\n');
  const size_t count = static_cast<size_t>(most_lines);
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - count);
  return absl::StrJoin(lines, "\n");
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return ErrorAt("cannot open", path, errno);
  FileLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return absl::UnavailableError(absl::StrCat("another process holds ", path));
  }
  return ErrorAt("cannot lock", path, errno);
}

}  // namespace stagecoach
