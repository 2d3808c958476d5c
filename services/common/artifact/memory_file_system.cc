#include "services/common/artifact/memory_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr VolumeSpace kSpace = {.free_bytes = int64_t{1} << 40,
                                .free_inodes = 1'000'000};

class MemoryReadableFile final : public ReadableFile {
 public:
  MemoryReadableFile(FileInfo info, absl::string_view content)
      : info_(info), content_(new char[content.size()]) {
    std::copy(content.begin(), content.end(), content_.get());
  }

  const FileInfo& info() const override { return info_; }

  absl::StatusOr<size_t> Read(int64_t offset,
                              absl::Span<char> buffer) const override {
    const int64_t left = std::max<int64_t>(info_.size_bytes - offset, 0);
    const auto length = std::min<size_t>(buffer.size(), left);
    std::copy_n(content_.get() + offset, length, buffer.data());
    return length;
  }

  absl::StatusOr<MappedBytes> Map() const override {
    return MappedBytes{absl::string_view(content_.get(), info_.size_bytes),
                       content_};
  }

 private:
  const FileInfo info_;
  const std::shared_ptr<char[]> content_;
};

}  // namespace

class MemoryWritableFile final : public WritableFile {
 public:
  MemoryWritableFile(MemoryFileSystem& files,
                     std::shared_ptr<MemoryFileSystem::Node> node)
      : files_(files), node_(std::move(node)) {}

  absl::Status Append(absl::Span<const absl::string_view> pieces) override {
    absl::MutexLock lock(&files_.mutex_);
    for (absl::string_view piece : pieces) {
      absl::StrAppend(&node_->content, piece);
    }
    files_.Touch(*node_);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    absl::MutexLock lock(&files_.mutex_);
    node_->synced_content = node_->content;
    return absl::OkStatus();
  }

 private:
  MemoryFileSystem& files_;
  const std::shared_ptr<MemoryFileSystem::Node> node_;
};

MemoryFileSystem::MemoryFileSystem(absl::string_view volume) : volume_(volume) {
  absl::MutexLock lock(&mutex_);
  root_ = NewNode(FileKind::kDirectory);
}

std::shared_ptr<MemoryFileSystem::Node> MemoryFileSystem::NewNode(
    FileKind kind) {
  auto node = std::make_shared<Node>();
  node->info.kind = kind;
  node->info.inode = ++last_inode_;
  Touch(*node);
  return node;
}

void MemoryFileSystem::Touch(Node& node) {
  node.info.size_bytes = static_cast<int64_t>(node.content.size());
  node.info.modified = absl::FromUnixSeconds(++changes_);
}

absl::Status MemoryFileSystem::Error(int number, absl::string_view operation,
                                     absl::string_view path) const {
  return ErrnoStatus(number,
                     absl::StrCat(operation, " pvc://", volume_, "/", path));
}

absl::StatusOr<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::Find(
    absl::string_view operation, absl::string_view path) const {
  if (!path.empty()) SC_RETURN_IF_ERROR(CheckRelativePath(path), operation);
  return Walk(operation, path, path);
}

absl::StatusOr<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::Walk(
    absl::string_view operation, absl::string_view path,
    absl::string_view shown) const {
  std::shared_ptr<Node> node = root_;
  for (absl::string_view segment :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (node->info.kind != FileKind::kDirectory) {
      return Error(ENOTDIR, operation, shown);
    }
    const auto found = node->entries.find(std::string(segment));
    if (found == node->entries.end()) return Error(ENOENT, operation, shown);
    node = found->second;
  }
  return node;
}

absl::StatusOr<MemoryFileSystem::Place> MemoryFileSystem::FindPlace(
    absl::string_view operation, absl::string_view path) const {
  SC_RETURN_IF_ERROR(CheckRelativePath(path), operation);
  SC_ASSIGN_OR_RETURN(std::shared_ptr<Node> directory,
                      Walk(operation, ParentPath(path), path));
  if (directory->info.kind != FileKind::kDirectory) {
    return Error(ENOTDIR, operation, path);
  }
  return Place{std::move(directory), std::string(LastSegment(path))};
}

absl::Status MemoryFileSystem::CreateDirectory(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const Place place, FindPlace("create directory", path));
  auto& slot = place.directory->entries[place.name];
  if (slot != nullptr) return Error(EEXIST, "create directory", path);
  slot = NewNode(FileKind::kDirectory);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<WritableFile>> MemoryFileSystem::CreateFile(
    absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const Place place, FindPlace("create file", path));
  auto& slot = place.directory->entries[place.name];
  if (slot != nullptr) return Error(EEXIST, "create file", path);
  slot = NewNode(FileKind::kFile);
  return std::make_unique<MemoryWritableFile>(*this, slot);
}

absl::Status MemoryFileSystem::Rename(absl::string_view from,
                                      absl::string_view to) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const Place source, FindPlace("rename", from));
  SC_ASSIGN_OR_RETURN(const Place target, FindPlace("rename", to));
  const auto found = source.directory->entries.find(source.name);
  if (found == source.directory->entries.end()) {
    return Error(ENOENT, "rename", from);
  }
  if (target.directory->entries.count(target.name) != 0) {
    return Error(EEXIST, "rename", to);
  }
  target.directory->entries[target.name] = found->second;
  source.directory->entries.erase(source.name);
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::SyncDirectory(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("sync", path));
  if (node->info.kind != FileKind::kDirectory) {
    return Error(ENOTDIR, "sync", path);
  }
  node->synced_entries = node->entries;
  return absl::OkStatus();
}

absl::StatusOr<FileInfo> MemoryFileSystem::Stat(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("stat", path));
  return node->info;
}

absl::StatusOr<std::unique_ptr<ReadableFile>> MemoryFileSystem::OpenFile(
    absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_RETURN_IF_ERROR(CheckRelativePath(path), "open");
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("open", path));
  if (node->info.kind != FileKind::kFile) return Error(EISDIR, "open", path);
  return std::make_unique<MemoryReadableFile>(node->info, node->content);
}

absl::StatusOr<std::vector<DirectoryEntry>> MemoryFileSystem::List(
    absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("list", path));
  if (node->info.kind != FileKind::kDirectory) {
    return Error(ENOTDIR, "list", path);
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, entry] : node->entries) {
    entries.push_back({name, entry->info.kind});
  }
  return entries;
}

absl::Status MemoryFileSystem::RemoveFile(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const Place place, FindPlace("remove", path));
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("remove", path));
  if (node->info.kind != FileKind::kFile) return Error(EISDIR, "remove", path);
  place.directory->entries.erase(place.name);
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::RemoveTree(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  SC_ASSIGN_OR_RETURN(const Place place, FindPlace("remove", path));
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find("remove", path));
  if (node->info.kind != FileKind::kDirectory) {
    return Error(ENOTDIR, "remove", path);
  }
  place.directory->entries.erase(place.name);
  return absl::OkStatus();
}

absl::StatusOr<VolumeSpace> MemoryFileSystem::Space() { return kSpace; }

void MemoryFileSystem::Forget(Node& node, PowerCut cut) {
  node.content = node.synced_content;
  node.info.size_bytes = static_cast<int64_t>(node.content.size());
  if (cut == PowerCut::kForgetAll) node.entries = node.synced_entries;
  for (const auto& [name, entry] : node.entries) Forget(*entry, cut);
}

void MemoryFileSystem::LosePower(PowerCut cut) {
  absl::MutexLock lock(&mutex_);
  Forget(*root_, cut);
}

void MemoryFileSystem::PutFile(absl::string_view path,
                               absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<Node> node = root_;
  const std::vector<std::string> segments = absl::StrSplit(path, '/');
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    auto& slot = node->entries[segments[i]];
    if (slot == nullptr) {
      slot = NewNode(last ? FileKind::kFile : FileKind::kDirectory);
    }
    node->synced_entries[segments[i]] = slot;
    node = slot;
  }
  node->content = std::string(bytes);
  node->synced_content = node->content;
  Touch(*node);
}

std::vector<std::string> MemoryFileSystem::AllFiles() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> paths;
  const std::function<void(const Node&, const std::string&)> visit =
      [&](const Node& node, const std::string& path) {
        if (node.info.kind == FileKind::kFile) paths.push_back(path);
        for (const auto& [name, entry] : node.entries) {
          visit(*entry, JoinPath(path, name));
        }
      };
  visit(*root_, "");
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string MemoryFileSystem::Content(absl::string_view path) const {
  absl::MutexLock lock(&mutex_);
  const absl::StatusOr<std::shared_ptr<Node>> node = Find("read", path);
  if (!node.ok()) std::abort();
  return (*node)->content;
}

}  // namespace stagecoach
