#include "tests/testing/mount_namespace.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

// Root within a new user namespace is whoever this process is outside.
void MapToRoot(uid_t user, gid_t group) {
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
}

absl::Status Denied(const char* what) {
  return absl::PermissionDeniedError(
      absl::StrCat(what, ": ", absl::ErrnoToStatus(errno, "").ToString(),
                   "; it takes root with CAP_SYS_ADMIN, or user namespaces"));
}

}  // namespace

absl::Status EnterMountNamespace() {
  if (unshare(CLONE_NEWNS) != 0) {
    const uid_t user = getuid();
    const gid_t group = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Denied("unshare");
    MapToRoot(user, group);
  }
  // What is mounted from here on is not seen outside.
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Denied("make mounts private");
  }
  return absl::OkStatus();
}

absl::Status MountTmpfs(const std::string& folder, int64_t size) {
  const std::string options = absl::StrCat("size=", size);
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0) {
    return absl::OkStatus();
  }
  return Denied("mount a tmpfs");
}

void Unmount(const std::string& folder) { umount2(folder.c_str(), MNT_DETACH); }

}  // namespace stagecoach
