// A volume that is a folder of this machine: a mount point in a cluster.

#ifndef SERVICES_COMMON_ARTIFACT_POSIX_FILE_SYSTEM_H_
#define SERVICES_COMMON_ARTIFACT_POSIX_FILE_SYSTEM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/beneath_opener.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

// Opens the folder `root` of this machine as the volume `name`.
//
// Symbolic links within the volume are followed if they stay within it; every
// look-up starts at the folder as it was when it was opened.
//
// INVALID_ARGUMENT: a bad name. Otherwise as FileSystem says, naming `root`.
absl::StatusOr<std::shared_ptr<FileSystem>> OpenPosixFileSystem(
    absl::string_view name, const std::string& root,
    KernelFeatures features = KernelFeatures::kDetect);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_POSIX_FILE_SYSTEM_H_
