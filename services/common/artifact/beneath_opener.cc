#include "services/common/artifact/beneath_opener.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "services/common/artifact/uri.h"

namespace stagecoach {
namespace {

// How often a stale handle (ESTALE) or a race with a rename (EAGAIN) is tried
// again: the next look-up asks the server anew.
constexpr int kTries = 4;

constexpr mode_t kMode = 0666;

int OpenAt2(int directory, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<__u64>(flags);
  how.mode = (flags & O_CREAT) != 0 ? kMode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd =
      syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how));
  return fd < 0 ? -errno : static_cast<int>(fd);
}

bool IsSymbolicLink(int directory, const char* name) {
  struct stat info;
  return fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(info.st_mode);
}

// Opens one segment that must not be a symbolic link.
int OpenSegment(int directory, const std::string& name, int flags) {
  // With O_PATH or O_DIRECTORY the kernel's own refusal is not ELOOP.
  if (IsSymbolicLink(directory, name.c_str())) return -ELOOP;
  const int fd = openat(directory, name.c_str(), flags | O_NOFOLLOW, kMode);
  return fd < 0 ? -errno : fd;
}

bool HasOpenAt2(int root) {
  const int fd = OpenAt2(root, ".", O_PATH | O_CLOEXEC);
  if (fd < 0) return false;
  close(fd);
  return true;
}

bool IsNfs(int root) {
  struct statfs info;
  return fstatfs(root, &info) == 0 && info.f_type == NFS_SUPER_MAGIC;
}

}  // namespace

void AskAnew(int directory) {
  struct statx ignored;
  statx(directory, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS,
        &ignored);
}

BeneathOpener::BeneathOpener(UniqueFd root, KernelFeatures features)
    : root_(std::move(root)),
      has_openat2_(features == KernelFeatures::kDetect &&
                   HasOpenAt2(root_.get())),
      remembers_missing_names_(IsNfs(root_.get())) {}

int BeneathOpener::Open(absl::string_view path, int flags, UniqueFd* fd) const {
  int result = OpenFresh(path, flags | O_CLOEXEC);
  if (result == -ENOENT && remembers_missing_names_) {
    AskAbove(path);
    result = OpenFresh(path, flags | O_CLOEXEC);
  }
  if (result < 0) return -result;
  *fd = UniqueFd(result);
  return 0;
}

void BeneathOpener::AskAbove(absl::string_view path) const {
  while (!path.empty()) {
    path = ParentPath(path);
    const int fd = OpenFresh(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    AskAnew(UniqueFd(fd).get());
    return;
  }
}

int BeneathOpener::OpenFresh(absl::string_view path, int flags) const {
  int result = 0;
  for (int i = 0; i < kTries; ++i) {
    result = OpenOnce(path, flags);
    if (result != -ESTALE && result != -EAGAIN) break;
  }
  return result;
}

int BeneathOpener::OpenOnce(absl::string_view path, int flags) const {
  while (true) {
    const int result =
        has_openat2_ ? OpenBeneath(path, flags) : OpenByWalking(path, flags);
    if (result != -EINTR) return result;
  }
}

int BeneathOpener::OpenBeneath(absl::string_view path, int flags) const {
  return OpenAt2(root_.get(), path.empty() ? "." : std::string(path), flags);
}

int BeneathOpener::OpenByWalking(absl::string_view path, int flags) const {
  if (path.empty()) return OpenSegment(root_.get(), ".", flags);
  UniqueFd directory;
  int at = root_.get();
  const absl::string_view parent = ParentPath(path);
  for (absl::string_view segment :
       absl::StrSplit(parent, '/', absl::SkipEmpty())) {
    const int fd =
        OpenSegment(at, std::string(segment), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fd;
    directory = UniqueFd(fd);
    at = fd;
  }
  return OpenSegment(at, std::string(LastSegment(path)), flags);
}

}  // namespace stagecoach
