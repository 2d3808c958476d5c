// The bytes of an artifact, mapped into memory: a read is a map, not a copy.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

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

  const std::string& uri() const { return uri_; }
  absl::string_view bytes() const { return bytes_; }

 private:
  std::string uri_;
  absl::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_READER_H_
