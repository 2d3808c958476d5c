#include "services/common/artifact/shared_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>

namespace stagecoach {
namespace {

// 0 or an error number.
int StatName(const NameIn& place, struct stat* info) {
  return fstatat(place.directory.get(), place.name.c_str(), info,
                 AT_SYMLINK_NOFOLLOW) == 0
             ? 0
             : errno;
}

// Whether the new name has what had the old one.
bool HasMoved(const struct stat& before, const NameIn& to) {
  AskAnew(to.directory.get());
  struct stat after;
  return StatName(to, &after) == 0 && after.st_dev == before.st_dev &&
         after.st_ino == before.st_ino;
}

}  // namespace

int RenameNoReplace(const NameIn& from, const NameIn& to,
                    KernelFeatures features, RenameCall rename) {
  if (features == KernelFeatures::kDetect) {
    const int result =
        renameat2(from.directory.get(), from.name.c_str(), to.directory.get(),
                  to.name.c_str(), RENAME_NOREPLACE);
    if (result == 0) return 0;
    // NFS and old kernels do not have the flag.
    if (errno != EINVAL && errno != ENOSYS) return errno;
  }
  // Without it, a name taken between the calls could be replaced. Final names
  // are never used twice, so nobody takes them.
  struct stat info;
  int fault = StatName(to, &info);
  if (fault == 0) return EEXIST;
  if (fault != ENOENT) return fault;
  fault = StatName(from, &info);
  if (fault != 0) return fault;
  if (rename(from.directory.get(), from.name.c_str(), to.directory.get(),
             to.name.c_str()) == 0) {
    return 0;
  }
  fault = errno;
  return fault == ENOENT && HasMoved(info, to) ? 0 : fault;
}

}  // namespace stagecoach
