// A volume in memory that forgets what was not synced when it loses power.

#ifndef SERVICES_COMMON_ARTIFACT_MEMORY_FILE_SYSTEM_H_
#define SERVICES_COMMON_ARTIFACT_MEMORY_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

// What a power cut does to what was not synced. A real disk may do either, or
// anything between.
enum class PowerCut {
  // Content and names go back to what was synced last.
  kForgetAll,
  // Names stay as they are, content goes back: a file that was renamed before
  // it was synced is found torn.
  kForgetContent,
};

// For tests, which may derive from it to let an operation hang. Has no symbolic
// links.
//
// Threads: every method may be called from any thread.
class MemoryFileSystem : public FileSystem {
 public:
  explicit MemoryFileSystem(absl::string_view volume = "artifacts");

  // Cuts the power and starts again. Files that are still open write into
  // nowhere.
  void LosePower(PowerCut cut);

  // Puts a synced file there, over what is there, making the directories above
  // it: input data, or damage.
  void PutFile(absl::string_view path, absl::string_view bytes);

  // The paths of all files, sorted.
  std::vector<std::string> AllFiles() const;

  // The content of a file; dies if there is none.
  std::string Content(absl::string_view path) const;

  const std::string& volume() const override { return volume_; }
  absl::Status CreateDirectory(absl::string_view path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override;
  absl::Status Rename(absl::string_view from, absl::string_view to) override;
  absl::Status SyncDirectory(absl::string_view path) override;
  absl::StatusOr<FileInfo> Stat(absl::string_view path) override;
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) override;
  absl::StatusOr<std::vector<DirectoryEntry>> List(
      absl::string_view path) override;
  absl::Status RemoveFile(absl::string_view path) override;
  absl::Status RemoveTree(absl::string_view path) override;
  absl::StatusOr<VolumeSpace> Space() override;

 private:
  friend class MemoryWritableFile;

  struct Node;
  using Entries = std::map<std::string, std::shared_ptr<Node>>;
  struct Node {
    FileInfo info;
    std::string content;
    std::string synced_content;
    Entries entries;
    Entries synced_entries;
  };
  // A directory and a name in it.
  struct Place {
    std::shared_ptr<Node> directory;
    std::string name;
  };

  std::shared_ptr<Node> NewNode(FileKind kind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::shared_ptr<Node>> Find(absl::string_view operation,
                                             absl::string_view path) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // As Find, for a path that has been checked; errors name `shown`.
  absl::StatusOr<std::shared_ptr<Node>> Walk(absl::string_view operation,
                                             absl::string_view path,
                                             absl::string_view shown) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Place> FindPlace(absl::string_view operation,
                                  absl::string_view path) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Touch(Node& node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Error(int number, absl::string_view operation,
                     absl::string_view path) const;
  static void Forget(Node& node, PowerCut cut);

  const std::string volume_;
  mutable absl::Mutex mutex_;
  uint64_t last_inode_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Node> root_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_MEMORY_FILE_SYSTEM_H_
