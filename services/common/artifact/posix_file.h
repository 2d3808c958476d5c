// Open files of PosixFileSystem. Internal to this folder.

#ifndef SERVICES_COMMON_ARTIFACT_POSIX_FILE_H_
#define SERVICES_COMMON_ARTIFACT_POSIX_FILE_H_

#include <sys/stat.h>

#include <memory>
#include <string>

#include "services/common/artifact/file_system.h"
#include "services/common/artifact/unique_fd.h"

namespace stagecoach {

// `uri` is for messages.
std::unique_ptr<WritableFile> MakePosixWritableFile(UniqueFd fd,
                                                    std::string uri);
std::unique_ptr<ReadableFile> MakePosixReadableFile(UniqueFd fd, FileInfo info,
                                                    std::string uri);

FileInfo FileInfoOf(const struct stat& info);

// fsync. A file system that cannot sync a directory says EINVAL, and then has
// nothing to sync there.
absl::Status SyncFd(int fd, const std::string& uri);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_POSIX_FILE_H_
