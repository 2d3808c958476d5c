// Where artifacts are: `pvc://<volume>/<path>`.

#ifndef SERVICES_COMMON_ARTIFACT_URI_H_
#define SERVICES_COMMON_ARTIFACT_URI_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// The longest URI, and the longest segment of its path, in bytes. File systems
// allow no longer segment.
inline constexpr size_t kMaxUriLength = 2048;
inline constexpr size_t kMaxSegmentLength = 255;

// A well-formed URI. Which volumes there are is not its business.
class ArtifactUri {
 public:
  // Accepts `pvc://<volume>/<path>` as CheckVolumeName and CheckRelativePath
  // say, so that equal places have equal texts. INVALID_ARGUMENT says what is
  // wrong and what would be right.
  static absl::StatusOr<ArtifactUri> Parse(absl::string_view text);

  // From parts; errors as of Parse.
  static absl::StatusOr<ArtifactUri> Make(absl::string_view volume,
                                          absl::string_view path);

  const std::string& volume() const { return volume_; }
  // Relative to the volume's root, never empty.
  const std::string& path() const { return path_; }
  std::string ToString() const;

  // This URI with `relative` as further segments; errors as of Parse.
  absl::StatusOr<ArtifactUri> Join(absl::string_view relative) const;

  friend bool operator==(const ArtifactUri&, const ArtifactUri&) = default;

 private:
  ArtifactUri(std::string volume, std::string path)
      : volume_(std::move(volume)), path_(std::move(path)) {}

  std::string volume_;
  std::string path_;
};

// `[a-z0-9][a-z0-9-]*`, at most 63 characters. INVALID_ARGUMENT otherwise.
absl::Status CheckVolumeName(absl::string_view name);

// One or more segments divided by single slashes; no segment is empty, `.`,
// `..` or over 255 bytes; UTF-8 without control characters.
// INVALID_ARGUMENT naming the segment otherwise.
absl::Status CheckRelativePath(absl::string_view path);

// `path` without its last segment (empty for the root), and that segment.
absl::string_view ParentPath(absl::string_view path);
absl::string_view LastSegment(absl::string_view path);

// `parent/name`, or `name` if the parent is the root.
std::string JoinPath(absl::string_view parent, absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_URI_H_
