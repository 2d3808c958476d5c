#include "orchestrator/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

std::string HolderOf(int descriptor) {
  char text[32] = {};
  const ssize_t size = pread(descriptor, text, sizeof(text) - 1, 0);
  if (size <= 0) return "another process";
  return absl::StrCat("process ", absl::StripAsciiWhitespace(text));
}

// Who holds the lock is only for messages: that it cannot be written down is
// no reason to fail.
void WriteHolder(int descriptor) {
  const std::string text = absl::StrCat(getpid(), "\n");
  if (ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written =
      pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(
    const std::string& path) {
  const std::string lock_path = absl::StrCat(path, ".lock");
  const int descriptor =
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", lock_path, ": ", std::strerror(errno)));
  }
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  // Belongs to the open file, not to the process: a second store in the same
  // process is refused too.
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    WriteHolder(descriptor);
    return lock;
  }
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by ", HolderOf(descriptor),
                     "; one file serves one process at a time"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot lock ", lock_path, ": ", std::strerror(errno)));
}

FileLock::~FileLock() { close(descriptor_); }

}  // namespace stagecoach
