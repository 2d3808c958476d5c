// `manifest.json`: what an attempt left behind and how it was made. It stands
// in the attempt's directory and is written last, so that a directory that has
// one is whole.

#ifndef SERVICES_COMMON_ARTIFACT_MANIFEST_H_
#define SERVICES_COMMON_ARTIFACT_MANIFEST_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/artifact/uri.h"
#include "stagecoach/v1/artifact.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

inline constexpr absl::string_view kManifestName = "manifest.json";

// The longest manifest that is read, in bytes.
inline constexpr int64_t kMaxManifestBytes = int64_t{64} << 20;

struct Manifest {
  // `<run>/<step>/<attempt>`.
  std::string execution_id;
  // Who made it. `result.build_id` says which build.
  std::string stage;
  std::string stage_version;
  // Given or default, all of them.
  std::map<std::string, v1::ParameterValue> parameters;
  // What it read, by name of the input; `uri`, `size_bytes` and `sha256` are
  // kept.
  std::map<std::string, v1::Artifact> inputs;
  // How it ended: outputs, metrics, times, build. The URIs of the outputs are
  // not written: they follow from where the manifest stands.
  v1::ExecutionResult result;
  // When the attempt started and when it was published.
  absl::Time started;
  absl::Time finished;
};

// JSON of format version 1, indented, with a newline at the end. Times are
// RFC 3339; durations are numbers of seconds; numbers that JSON has not are
// the strings `NaN`, `Infinity` and `-Infinity`.
std::string FormatManifest(const Manifest& manifest);

// The inverse, for a manifest that stands in the directory `prefix`. Fields
// that it does not know are passed over.
//
// DATA_LOSS: damaged JSON, a format version other than 1, or a field that is
// missing or of the wrong type; the message names the URI and the field.
absl::StatusOr<Manifest> ParseManifest(absl::string_view text,
                                       const ArtifactUri& prefix);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_MANIFEST_H_
