// The bytes of an artifact, mapped into memory: a read is a map, not a copy.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

// Shares one read-only mapping; cheap to copy. The bytes stay valid while any
// copy lives.
//
// Threads: copies may be used from different threads at once.
class ArtifactReader {
 public:
  ArtifactReader() = default;
  // `owner` keeps `bytes` alive; `uri` is for messages.
  ArtifactReader(std::string uri, absl::string_view bytes,
                 std::shared_ptr<const void> owner)
      : uri_(std::move(uri)), bytes_(bytes), owner_(std::move(owner)) {}
  ArtifactReader(std::string uri, MappedBytes mapped)
      : ArtifactReader(std::move(uri), mapped.bytes, std::move(mapped.owner)) {
    is_map_ = mapped.is_map;
  }

  const std::string& uri() const { return uri_; }
  absl::string_view bytes() const { return bytes_; }

  // Says that the bytes before `position` will hardly be read again, so that
  // they need not stay in this process's memory. They may still be read.
  void DropBefore(size_t position) const;

 private:
  std::string uri_;
  absl::string_view bytes_;
  std::shared_ptr<const void> owner_;
  bool is_map_ = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_
