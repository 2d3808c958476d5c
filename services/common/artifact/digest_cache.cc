#include "services/common/artifact/digest_cache.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

std::string Key(absl::string_view uri, const FileInfo& info) {
  return absl::StrCat(uri, "\n", info.size_bytes, "\n",
                      absl::ToUnixNanos(info.modified), "\n", info.inode);
}

}  // namespace

DigestCache::DigestCache(size_t capacity) : capacity_(capacity) {}

std::optional<std::string> DigestCache::Find(absl::string_view uri,
                                             const FileInfo& info) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_key_.find(Key(uri, info));
  if (found == by_key_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void DigestCache::Insert(absl::string_view uri, const FileInfo& info,
                         std::string sha256) {
  std::string key = Key(uri, info);
  absl::MutexLock lock(&mutex_);
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    known->second->second = std::move(sha256);
    return;
  }
  entries_.emplace_front(std::move(key), std::move(sha256));
  by_key_[entries_.front().first] = entries_.begin();
  if (entries_.size() <= capacity_) return;
  by_key_.erase(entries_.back().first);
  entries_.pop_back();
}

}  // namespace stagecoach
