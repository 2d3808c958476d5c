// Reads artifacts, verified, and publishes the outputs of attempts.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_STORE_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_STORE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/call_once.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/artifact_reader.h"
#include "services/common/artifact/artifact_staging.h"
#include "services/common/artifact/artifact_upload.h"
#include "services/common/artifact/checkpoint_store.h"
#include "services/common/artifact/digest_cache.h"
#include "services/common/artifact/manifest.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/base/bounded_executor.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// All artifacts on the volumes of this process.
//
// Threads: every method may be called from any thread; every one may block for
//          as long as a volume does not answer.
// Errors:  as FileSystem says; every message names the URI. INVALID_ARGUMENT:
//          a malformed URI, or a volume that this process does not have.
class ArtifactStore {
 public:
  // `registry` gets the metrics and must outlive the store and everything that
  // comes from it.
  ArtifactStore(VolumeMap volumes, prometheus::Registry& registry);

  // Opens a file. If `artifact.sha256` is set, size and digest are checked,
  // once per process and file; otherwise it is opened as it is.
  //
  // DATA_LOSS: size or digest differ from the record.
  // INVALID_ARGUMENT: `sha256` is not one.
  absl::StatusOr<ArtifactReader> Open(const v1::Artifact& artifact);

  // What is there: URI and size. NOT_FOUND if nothing is.
  absl::StatusOr<v1::Artifact> Inspect(absl::string_view uri);

  // As Inspect, with the digest, for which the file is read once per process.
  absl::StatusOr<v1::Artifact> InspectWithDigest(absl::string_view uri);

  // Makes the staging directory for outputs that are to be published as the
  // new directory `output_prefix`. ALREADY_EXISTS: something is there.
  absl::StatusOr<std::unique_ptr<ArtifactStaging>> BeginAttempt(
      absl::string_view output_prefix);

  // The manifest of what is published at `output_prefix`, which survives a
  // power cut from then on; nothing if nothing is published there.
  // DATA_LOSS: it is damaged.
  absl::StatusOr<std::optional<Manifest>> ReadManifest(
      absl::string_view output_prefix);

  // Makes the hidden file for an upload of at most `max_bytes` to the volume
  // that `header` names. Errors also as of CheckUploadHeader.
  absl::StatusOr<std::unique_ptr<ArtifactUpload>> BeginUpload(
      const v1::UploadHeader& header, int64_t max_bytes);

  // The checkpoints kept at `checkpoint_prefix`, which need not exist yet.
  absl::StatusOr<CheckpointStore> OpenCheckpoints(
      absl::string_view checkpoint_prefix);

 private:
  struct Place {
    ArtifactUri uri;
    std::shared_ptr<FileSystem> files;
  };
  absl::StatusOr<Place> Locate(absl::string_view uri) const;

  // The digest of a file, from the cache or else from `digest`.
  absl::StatusOr<std::string> DigestOf(
      const std::string& uri, const FileInfo& info,
      absl::FunctionRef<absl::StatusOr<std::string>()> digest);
  absl::Status Verify(const v1::Artifact& artifact, const ReadableFile& file,
                      absl::string_view bytes);

  // Made for the first who publishes: most processes only read.
  BoundedExecutor& SyncHelpers();

  const VolumeMap volumes_;
  ArtifactMetrics metrics_;
  DigestCache digests_;
  absl::once_flag sync_helpers_made_;
  std::unique_ptr<BoundedExecutor> sync_helpers_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_STORE_H_
