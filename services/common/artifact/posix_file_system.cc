#include "services/common/artifact/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/posix_file.h"
#include "services/common/artifact/shared_directory.h"
#include "services/common/artifact/unique_fd.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr mode_t kDirectoryMode = 0777;
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY;
constexpr int kListFlags = O_RDONLY | O_DIRECTORY;

FileKind KindOf(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return FileKind::kFile;
  if (entry.d_type == DT_DIR) return FileKind::kDirectory;
  if (entry.d_type != DT_UNKNOWN) return FileKind::kOther;
  struct stat info;
  if (fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return FileKind::kOther;
  }
  return FileInfoOf(info).kind;
}

// The entries of an open directory; 0 or an error number.
int ReadEntries(int directory, std::vector<DirectoryEntry>* entries) {
  const int copy = fcntl(directory, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return errno;
  DIR* stream = fdopendir(copy);
  if (stream == nullptr) {
    const int fault = errno;
    close(copy);
    return fault;
  }
  errno = 0;
  while (const dirent* entry = readdir(stream)) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      entries->push_back({std::string(name), KindOf(directory, *entry)});
    }
    errno = 0;
  }
  const int fault = errno;
  closedir(stream);
  return fault;
}

// 0 or an error number.
int RemoveTreeAt(int parent, const std::string& name) {
  const UniqueFd directory(
      openat(parent, name.c_str(), kListFlags | O_NOFOLLOW | O_CLOEXEC));
  if (directory.get() < 0) return errno;
  std::vector<DirectoryEntry> entries;
  int fault = ReadEntries(directory.get(), &entries);
  if (fault != 0) return fault;
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind == FileKind::kDirectory) {
      fault = RemoveTreeAt(directory.get(), entry.name);
    } else {
      fault = unlinkat(directory.get(), entry.name.c_str(), 0) == 0 ? 0 : errno;
    }
    // Somebody else may be removing the same tree.
    if (fault != 0 && fault != ENOENT) return fault;
  }
  return unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

int64_t Product(uint64_t blocks, uint64_t size) {
  int64_t product = 0;
  if (__builtin_mul_overflow(blocks, size, &product)) {
    return std::numeric_limits<int64_t>::max();
  }
  return product;
}

class PosixFileSystem final : public FileSystem {
 public:
  PosixFileSystem(absl::string_view name, UniqueFd root,
                  KernelFeatures features)
      : volume_(name),
        opener_(std::move(root), features),
        features_(features) {}

  const std::string& volume() const override { return volume_; }

  absl::Status CreateDirectory(absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const NameIn parent,
                        OpenParent("create directory", path));
    if (mkdirat(parent.directory.get(), parent.name.c_str(), kDirectoryMode) ==
        0) {
      return absl::OkStatus();
    }
    return Error(errno, "create directory", path);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override {
    SC_RETURN_IF_ERROR(CheckRelativePath(path), "create file");
    SC_ASSIGN_OR_RETURN(
        UniqueFd fd,
        Open("create file", path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
    return MakePosixWritableFile(std::move(fd), Uri(path));
  }

  absl::Status Rename(absl::string_view from, absl::string_view to) override {
    SC_ASSIGN_OR_RETURN(const NameIn source, OpenParent("rename", from));
    SC_ASSIGN_OR_RETURN(const NameIn target, OpenParent("rename", to));
    const int fault = RenameNoReplace(source, target, features_, renameat);
    if (fault == 0) return absl::OkStatus();
    const std::string what =
        absl::StrCat("rename ", Uri(from), " to ", Uri(to));
    // Here EXDEV speaks of the two names, not of a symbolic link.
    if (fault == EXDEV) {
      return absl::FailedPreconditionError(absl::StrCat(
          what, ": they are on different file systems; a volume must be one"));
    }
    return ErrnoStatus(fault, what);
  }

  absl::Status SyncDirectory(absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const UniqueFd fd,
                        OpenDirectory("sync", path, kListFlags));
    return SyncFd(fd.get(), Uri(path));
  }

  absl::StatusOr<FileInfo> Stat(absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const UniqueFd fd, OpenDirectory("stat", path, O_PATH));
    struct stat info;
    if (fstat(fd.get(), &info) != 0) return Error(errno, "stat", path);
    return FileInfoOf(info);
  }

  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) override {
    SC_RETURN_IF_ERROR(CheckRelativePath(path), "open");
    // O_NONBLOCK: opening a FIFO must not wait for somebody to write.
    SC_ASSIGN_OR_RETURN(UniqueFd fd,
                        Open("open", path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    struct stat info;
    if (fstat(fd.get(), &info) != 0) return Error(errno, "open", path);
    if (S_ISDIR(info.st_mode)) return Error(EISDIR, "open", path);
    if (!S_ISREG(info.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat("open ", Uri(path),
                       ": it is a device, pipe or socket; a regular "
                       "file is needed"));
    }
    return MakePosixReadableFile(std::move(fd), FileInfoOf(info), Uri(path));
  }

  absl::StatusOr<std::vector<DirectoryEntry>> List(
      absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const UniqueFd fd,
                        OpenDirectory("list", path, kListFlags));
    std::vector<DirectoryEntry> entries;
    const int fault = ReadEntries(fd.get(), &entries);
    if (fault != 0) return Error(fault, "list", path);
    std::sort(entries.begin(), entries.end(),
              [](const DirectoryEntry& a, const DirectoryEntry& b) {
                return a.name < b.name;
              });
    return entries;
  }

  absl::Status RemoveFile(absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const NameIn parent, OpenParent("remove", path));
    if (unlinkat(parent.directory.get(), parent.name.c_str(), 0) == 0) {
      return absl::OkStatus();
    }
    return Error(errno, "remove", path);
  }

  absl::Status RemoveTree(absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(const NameIn parent, OpenParent("remove", path));
    const int fault = RemoveTreeAt(parent.directory.get(), parent.name);
    return fault == 0 ? absl::OkStatus() : Error(fault, "remove", path);
  }

  absl::StatusOr<VolumeSpace> Space() override {
    SC_ASSIGN_OR_RETURN(const UniqueFd fd,
                        Open("ask for space of", "", O_PATH));
    struct statvfs info;
    if (fstatvfs(fd.get(), &info) != 0) {
      return Error(errno, "ask for space of", "");
    }
    return VolumeSpace{.free_bytes = Product(info.f_bavail, info.f_frsize),
                       .free_inodes = Product(info.f_favail, 1)};
  }

 private:
  std::string Uri(absl::string_view path) const {
    return absl::StrCat("pvc://", volume_, "/", path);
  }

  absl::Status Error(int number, absl::string_view operation,
                     absl::string_view path) const {
    return ErrnoStatus(number, absl::StrCat(operation, " ", Uri(path)));
  }

  // `path` has been checked, or is empty for the root.
  absl::StatusOr<UniqueFd> Open(absl::string_view operation,
                                absl::string_view path, int flags) const {
    UniqueFd fd;
    const int fault = opener_.Open(path, flags, &fd);
    if (fault != 0) return Error(fault, operation, path);
    return fd;
  }

  // Opens what may also be the root.
  absl::StatusOr<UniqueFd> OpenDirectory(absl::string_view operation,
                                         absl::string_view path,
                                         int flags) const {
    if (!path.empty()) SC_RETURN_IF_ERROR(CheckRelativePath(path), operation);
    return Open(operation, path, flags);
  }

  absl::StatusOr<NameIn> OpenParent(absl::string_view operation,
                                    absl::string_view path) const {
    SC_RETURN_IF_ERROR(CheckRelativePath(path), operation);
    UniqueFd fd;
    const int fault = opener_.Open(ParentPath(path), kDirectoryFlags, &fd);
    if (fault != 0) return Error(fault, operation, path);
    return NameIn{std::move(fd), std::string(LastSegment(path))};
  }

  const std::string volume_;
  const BeneathOpener opener_;
  const KernelFeatures features_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<FileSystem>> OpenPosixFileSystem(
    absl::string_view name, const std::string& root, KernelFeatures features) {
  SC_RETURN_IF_ERROR(CheckVolumeName(name));
  UniqueFd fd(open(root.c_str(), kDirectoryFlags | O_CLOEXEC));
  if (fd.get() < 0) {
    return ErrnoStatus(errno,
                       absl::StrCat("open folder ", root, " as volume ", name));
  }
  return std::make_shared<PosixFileSystem>(name, std::move(fd), features);
}

}  // namespace stagecoach
