// Mounts that only a test and its child processes see, and that go with them.

#ifndef TESTS_TESTING_MOUNT_NAMESPACE_H_
#define TESTS_TESTING_MOUNT_NAMESPACE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace stagecoach {

// Gives this thread, and the processes that it starts, mounts of their own: as
// root, or in a user namespace of its own while the process has one thread.
// PERMISSION_DENIED: the machine does not let it.
absl::Status EnterMountNamespace();

// Mounts an empty tmpfs that takes up to `size` bytes at the folder.
absl::Status MountTmpfs(const std::string& folder, int64_t size);

// Takes away what is mounted there, once nobody uses it any more.
void Unmount(const std::string& folder);

}  // namespace stagecoach

#endif  // TESTS_TESTING_MOUNT_NAMESPACE_H_
