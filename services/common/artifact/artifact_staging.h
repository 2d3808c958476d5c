// The outputs of one attempt, from the first byte to publication.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_STAGING_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_STAGING_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/digest_writer.h"
#include "services/common/artifact/file_system.h"
#include "services/common/artifact/manifest.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/bounded_executor.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// One output that is being written.
//
// Threads: one at a time. Ownership: must not outlive its ArtifactStaging.
class ArtifactWriter {
 public:
  using OnFinished = std::function<absl::Status(
      FileDigest digest, std::unique_ptr<WritableFile> file)>;

  // By ArtifactStaging::CreateFile.
  ArtifactWriter(DigestWriter file, OnFinished on_finished);

  // Errors as FileSystem says; after one, only destroy the writer.
  absl::Status Append(absl::string_view bytes) { return file_.Append(bytes); }

  // Ends the file, which then is an output; Publish syncs it. Once. For TENSOR
  // and WEIGHTS also FAILED_PRECONDITION: not a well-formed safetensors file.
  absl::Status Finish();

 private:
  DigestWriter file_;
  OnFinished on_finished_;
};

// A hidden directory beside the final one, which takes the final name when all
// is written and synced: readers see all of it or nothing. Unless published,
// the destructor removes it. Files are synced at the end, and at once rather
// than one after the other: a disk, a journal or a server takes them in one
// turn.
//
// Threads: files may be created and written from several threads at once;
//          Publish comes after all of them.
// Errors:  as FileSystem says.
class ArtifactStaging {
 public:
  // By ArtifactStore::BeginAttempt. `prefix` is where the outputs are to be,
  // `directory` the staging directory, both in `files`. `helpers` sync.
  ArtifactStaging(std::shared_ptr<FileSystem> files, ArtifactMetrics& metrics,
                  BoundedExecutor& helpers, ArtifactUri prefix,
                  std::string directory);
  ~ArtifactStaging();
  ArtifactStaging(const ArtifactStaging&) = delete;
  ArtifactStaging& operator=(const ArtifactStaging&) = delete;

  // A writer for output `name` (`[A-Za-z][A-Za-z0-9_]*`), to be finished before
  // Publish. INVALID_ARGUMENT: a bad name or type. ALREADY_EXISTS: a second
  // output of that name.
  absl::StatusOr<std::unique_ptr<ArtifactWriter>> CreateFile(
      absl::string_view name, v1::ArtifactType type);

  // Writes a whole output. Errors as of CreateFile and Finish.
  absl::Status WriteFile(absl::string_view name, v1::ArtifactType type,
                         absl::string_view bytes);

  // Writes an output of type TENSOR or WEIGHTS as safetensors, from the
  // tensors' own memory.
  absl::Status WriteTensors(absl::string_view name, v1::ArtifactType type,
                            absl::Span<const TensorView> tensors,
                            const SafetensorsMetadata& metadata);

  // Adds a fact to the metadata of an output that has been created.
  // NOT_FOUND: there is none of that name.
  absl::Status SetMetadata(absl::string_view name, absl::string_view key,
                           absl::string_view value);

  // Writes the manifest, its outputs filled in (in the order of CreateFile,
  // with their final URIs), and gives the directory its final name. After OK
  // everything survives a power cut; returns the outputs.
  //
  // FAILED_PRECONDITION: a writer is not finished, or called before.
  // ALREADY_EXISTS: something is published there; it is left as it is.
  // After any other error ArtifactStore::ReadManifest says whether it was
  // published after all.
  absl::StatusOr<std::vector<v1::Artifact>> Publish(Manifest manifest);

 private:
  struct Output {
    v1::Artifact artifact;
    bool finished = false;
    // Of a finished output: to be synced.
    std::unique_ptr<WritableFile> file;
  };

  // Takes the place for an output of that name.
  absl::Status Reserve(absl::string_view name, v1::ArtifactType type)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Marks the output as whole.
  absl::Status Finished(const std::string& name, const std::string& path,
                        FileDigest digest, std::unique_ptr<WritableFile> file)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // All outputs; FAILED_PRECONDITION naming one that is not whole.
  absl::StatusOr<std::vector<Output>> TakeOutputs() ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes the manifest and syncs it and all outputs.
  absl::Status WriteAndSync(const Manifest& manifest,
                            const std::vector<Output>& outputs);
  // Syncs every directory above the outputs' own.
  absl::Status SyncParents();

  const std::shared_ptr<FileSystem> files_;
  ArtifactMetrics& metrics_;
  BoundedExecutor& helpers_;
  const ArtifactUri prefix_;
  const std::string directory_;

  absl::Mutex mutex_;
  std::vector<Output> outputs_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool renamed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_STAGING_H_
