// stagecoach-hanging-fs: a file system that stops answering.
//
//   stagecoach-hanging-fs FOLDER MOUNTPOINT
//
// Shows FOLDER at MOUNTPOINT until it is told to stop by SIGTERM. After SIGUSR1
// it answers nothing, like the mount of a server that is gone; after SIGUSR2 it
// goes on with all that came meanwhile. Makes FOLDER/.mounted once it answers,
// and FOLDER/.hung once it does not.

#define FUSE_USE_VERSION 31

#include <dirent.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"

namespace stagecoach {
namespace {

int g_folder = -1;

class Gate {
 public:
  void Set(bool hangs) {
    absl::MutexLock lock(&mutex_);
    hangs_ = hangs;
  }
  // Every operation passes here first.
  void Pass() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Gate::IsOpen));
  }

 private:
  bool IsOpen() const { return !hangs_; }

  absl::Mutex mutex_;
  bool hangs_ = false;
};

Gate& TheGate() {
  static Gate& gate = *new Gate;
  return gate;
}

// A path of the mount as one beneath the folder.
const char* Beneath(const char* path) {
  return path[1] == '\0' ? "." : path + 1;
}

int Result(int result) { return result < 0 ? -errno : result; }

int GetAttributes(const char* path, struct stat* info, fuse_file_info*) {
  TheGate().Pass();
  return Result(fstatat(g_folder, Beneath(path), info, AT_SYMLINK_NOFOLLOW));
}

int ReadDirectory(const char* path, void* buffer, fuse_fill_dir_t fill, off_t,
                  fuse_file_info*, fuse_readdir_flags) {
  TheGate().Pass();
  const int fd = openat(g_folder, Beneath(path), O_RDONLY | O_DIRECTORY);
  if (fd < 0) return -errno;
  DIR* directory = fdopendir(fd);
  while (const dirent* entry = readdir(directory)) {
    fill(buffer, entry->d_name, nullptr, 0, fuse_fill_dir_flags{});
  }
  closedir(directory);
  return 0;
}

int MakeDirectory(const char* path, mode_t mode) {
  TheGate().Pass();
  return Result(mkdirat(g_folder, Beneath(path), mode));
}

int RemoveFile(const char* path) {
  TheGate().Pass();
  return Result(unlinkat(g_folder, Beneath(path), 0));
}

int RemoveDirectory(const char* path) {
  TheGate().Pass();
  return Result(unlinkat(g_folder, Beneath(path), AT_REMOVEDIR));
}

int Rename(const char* from, const char* to, unsigned flags) {
  TheGate().Pass();
  return Result(
      renameat2(g_folder, Beneath(from), g_folder, Beneath(to), flags));
}

int Open(const char* path, fuse_file_info* file) {
  TheGate().Pass();
  const int fd = openat(g_folder, Beneath(path), file->flags);
  if (fd < 0) return -errno;
  file->fh = static_cast<uint64_t>(fd);
  return 0;
}

int Create(const char* path, mode_t mode, fuse_file_info* file) {
  TheGate().Pass();
  const int fd = openat(g_folder, Beneath(path), file->flags | O_CREAT, mode);
  if (fd < 0) return -errno;
  file->fh = static_cast<uint64_t>(fd);
  return 0;
}

int Read(const char*, char* buffer, size_t size, off_t offset,
         fuse_file_info* file) {
  TheGate().Pass();
  return Result(static_cast<int>(
      pread(static_cast<int>(file->fh), buffer, size, offset)));
}

int Write(const char*, const char* buffer, size_t size, off_t offset,
          fuse_file_info* file) {
  TheGate().Pass();
  return Result(static_cast<int>(
      pwrite(static_cast<int>(file->fh), buffer, size, offset)));
}

int Truncate(const char* path, off_t size, fuse_file_info* file) {
  TheGate().Pass();
  if (file != nullptr) {
    return Result(ftruncate(static_cast<int>(file->fh), size));
  }
  const int fd = openat(g_folder, Beneath(path), O_WRONLY);
  if (fd < 0) return -errno;
  const int result = Result(ftruncate(fd, size));
  close(fd);
  return result;
}

int Release(const char*, fuse_file_info* file) {
  return Result(close(static_cast<int>(file->fh)));
}

int Sync(const char*, int, fuse_file_info* file) {
  TheGate().Pass();
  return Result(fdatasync(static_cast<int>(file->fh)));
}

// The folder is on a disk that this test does not doubt.
int SyncDirectory(const char*, int, fuse_file_info*) {
  TheGate().Pass();
  return 0;
}

int Space(const char*, struct statvfs* space) {
  TheGate().Pass();
  return Result(fstatvfs(g_folder, space));
}

// For who waits for it in the folder.
void Note(const char* name) {
  close(openat(g_folder, name, O_WRONLY | O_CREAT, 0644));
}

// Takes the signals that all other threads have blocked.
void AwaitSignals(sigset_t signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    const bool hangs = signal == SIGUSR1;
    TheGate().Set(hangs);
    if (hangs) Note(".hung");
  }
}

void* Mounted(fuse_conn_info*, fuse_config* config) {
  config->use_ino = 1;
  // Nothing is answered from a cache while the file system hangs.
  config->attr_timeout = 0;
  config->entry_timeout = 0;
  Note(".mounted");
  return nullptr;
}

fuse_operations Operations() {
  fuse_operations operations = {};
  operations.init = Mounted;
  operations.getattr = GetAttributes;
  operations.readdir = ReadDirectory;
  operations.mkdir = MakeDirectory;
  operations.unlink = RemoveFile;
  operations.rmdir = RemoveDirectory;
  operations.rename = Rename;
  operations.open = Open;
  operations.create = Create;
  operations.read = Read;
  operations.write = Write;
  operations.truncate = Truncate;
  operations.release = Release;
  operations.fsync = Sync;
  operations.fsyncdir = SyncDirectory;
  operations.statfs = Space;
  return operations;
}

int Main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FOLDER MOUNTPOINT\n", argv[0]);
    return 2;
  }
  g_folder = open(argv[1], O_RDONLY | O_DIRECTORY);
  if (g_folder < 0) {
    std::perror(argv[1]);
    return 1;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(AwaitSignals, signals).detach();
  // In the foreground, with a thread for each operation that hangs.
  char foreground[] = "-f";
  char* arguments[] = {argv[0], foreground, argv[2], nullptr};
  const fuse_operations operations = Operations();
  return fuse_main(3, arguments, &operations, nullptr);
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) { return stagecoach::Main(argc, argv); }
