// The seam to the disk: one shared volume, and what the artifact store does
// with it. Everything difficult is tested through it.

#ifndef SERVICES_COMMON_ARTIFACT_FILE_SYSTEM_H_
#define SERVICES_COMMON_ARTIFACT_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace stagecoach {

enum class FileKind { kFile, kDirectory, kOther };

struct FileInfo {
  FileKind kind = FileKind::kOther;
  int64_t size_bytes = 0;
  absl::Time modified;
  // Tells files of one volume apart.
  uint64_t inode = 0;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kOther;
};

struct VolumeSpace {
  // What this process may still use.
  int64_t free_bytes = 0;
  int64_t free_inodes = 0;
};

// Bytes of a file in memory, valid while `owner` lives, aligned to 16.
struct MappedBytes {
  absl::string_view bytes;
  std::shared_ptr<const void> owner;
  // Whether they are the file's own pages rather than a copy.
  bool is_map = false;
};

// A file open for writing at its end. The destructor closes it and promises
// nothing about what has not been synced.
//
// Threads: one at a time.
class WritableFile {
 public:
  virtual ~WritableFile() = default;

  // Writes all `pieces`, in order and whole, without copying them. After an
  // error an unknown part of them is in the file.
  virtual absl::Status Append(absl::Span<const absl::string_view> pieces) = 0;

  // After OK the file's content survives a power cut (its name does only
  // after SyncDirectory of its directory).
  virtual absl::Status Sync() = 0;
};

// A regular file open for reading.
//
// Threads: any; the file may be read from several at once.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;

  // As it was when the file was opened.
  virtual const FileInfo& info() const = 0;

  // Reads up to `buffer.size()` bytes from `offset` >= 0 on and returns how
  // many: fewer only at the end of the file.
  virtual absl::StatusOr<size_t> Read(int64_t offset,
                                      absl::Span<char> buffer) const = 0;

  // The bytes of the first `info().size_bytes`. They live on when this file
  // is closed or deleted. Published files are never changed; of one that
  // somebody shortens nevertheless there are zeros, and CheckWhole in
  // file_mapping.h knows.
  virtual absl::StatusOr<MappedBytes> Map() const = 0;
};

// One volume. Paths are relative to its root, as CheckRelativePath says, and
// cannot leave it, also not by symbolic links; the empty path is the root
// where a directory is meant.
//
// Threads: every method may be called from any thread; every one may block
//          for as long as the volume does not answer.
// Errors:  the message names the operation and `pvc://<volume>/<path>`.
//   INVALID_ARGUMENT     a malformed path, or one that leaves the volume.
//   NOT_FOUND            the file or a directory above it is not there.
//   ALREADY_EXISTS       the new name is taken.
//   FAILED_PRECONDITION  no permission, read-only, not a file or directory as
//                        it should be.
//   RESOURCE_EXHAUSTED   volume or quota full, too many open files.
//   UNAVAILABLE          the volume does not do its work: I/O error, stale
//                        handle.
//   Payload `stagecoach/errno` (errno_status.h) holds the name of the system's
//   error, e.g. `ENOSPC`, where there was one.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Name of the volume.
  virtual const std::string& volume() const = 0;

  // Makes one directory.
  virtual absl::Status CreateDirectory(absl::string_view path) = 0;

  // Makes a new, empty file.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) = 0;

  // Gives a file or directory a new name that nothing has: ALREADY_EXISTS
  // otherwise, and nothing changes.
  virtual absl::Status Rename(absl::string_view from, absl::string_view to) = 0;

  // After OK the names in the directory survive a power cut.
  virtual absl::Status SyncDirectory(absl::string_view path) = 0;

  virtual absl::StatusOr<FileInfo> Stat(absl::string_view path) = 0;

  // Opens a regular file. FAILED_PRECONDITION for anything else.
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) = 0;

  // The entries of a directory, sorted by name, without `.` and `..`.
  virtual absl::StatusOr<std::vector<DirectoryEntry>> List(
      absl::string_view path) = 0;

  // Removes a file, or a symbolic link itself.
  virtual absl::Status RemoveFile(absl::string_view path) = 0;

  // Removes a directory and all in it, never following a symbolic link.
  // NOT_FOUND if it is not there. After an error an unknown part is left.
  virtual absl::Status RemoveTree(absl::string_view path) = 0;

  virtual absl::StatusOr<VolumeSpace> Space() = 0;
};

// Makes the directory and those above it that are missing. OK if it is there.
absl::Status CreateDirectories(FileSystem& files, absl::string_view path);

// Syncs the directory and every one above it up to the root, so that its whole
// path survives a power cut, whoever made it.
absl::Status SyncWithParents(FileSystem& files, absl::string_view path);

// The whole content of a file of at most `limit` bytes; FAILED_PRECONDITION
// if it is longer.
absl::StatusOr<std::string> ReadWholeFile(FileSystem& files,
                                          absl::string_view path,
                                          int64_t limit);

// Writes a new file and syncs its content.
absl::Status WriteWholeFile(FileSystem& files, absl::string_view path,
                            absl::string_view bytes);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_FILE_SYSTEM_H_
