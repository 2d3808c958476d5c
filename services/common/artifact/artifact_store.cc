#include "services/common/artifact/artifact_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/artifact/pages_ahead.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Digests kept: enough for the files that a process uses again.
constexpr size_t kDigestsKept = 4096;
constexpr size_t kReadSize = 1 << 20;
constexpr size_t kStagingIdLength = 12;
constexpr absl::string_view kStagingPrefix = ".staging-";

// Syncs of one publication that may be under way at once.
constexpr int kSyncThreads = 6;
constexpr int kWaitingSyncs = 64;

// Reads rather than maps: whoever wants no more than the digest of a large file
// needs not have it in memory.
absl::StatusOr<std::string> ReadDigest(const std::string& uri,
                                       const ReadableFile& file,
                                       ArtifactMetrics& metrics) {
  const int64_t size = file.info().size_bytes;
  std::vector<char> buffer(std::clamp<int64_t>(size, 1, kReadSize));
  Sha256 digest;
  absl::Duration digest_time;
  for (int64_t offset = 0; offset < size;) {
    const auto wanted = std::min<size_t>(buffer.size(), size - offset);
    SC_ASSIGN_OR_RETURN(
        const size_t length,
        file.Read(offset, absl::MakeSpan(buffer.data(), wanted)));
    if (length == 0) {
      return absl::DataLossError(
          absl::StrCat(uri, " was ", size,
                       " bytes long when it was opened and now ends "
                       "after ",
                       offset));
    }
    const absl::Duration start = Clock::Real().Elapsed();
    digest.Update(absl::string_view(buffer.data(), length));
    digest_time += Clock::Real().Elapsed() - start;
    offset += static_cast<int64_t>(length);
  }
  metrics.Observe(IoOperation::kHash, digest_time, size);
  return digest.Finish();
}

// Of the bytes of `file` as they will be used: a large artifact is read once,
// where a copy of it would take half as long as digesting it.
absl::StatusOr<std::string> MappedDigest(const std::string& uri,
                                         const ReadableFile& file,
                                         absl::string_view bytes,
                                         ArtifactMetrics& metrics) {
  const absl::Duration start = Clock::Real().Elapsed();
  Sha256 digest;
  {
    PagesAhead ahead(bytes);
    for (size_t offset = 0; offset < bytes.size();) {
      const absl::string_view piece = bytes.substr(offset, kReadSize);
      digest.Update(piece);
      offset += piece.size();
      ahead.Passed(offset);
    }
  }
  metrics.Observe(IoOperation::kHash, Clock::Real().Elapsed() - start,
                  file.info().size_bytes);
  const absl::Status whole = CheckWhole(uri, bytes);
  if (whole.ok()) return digest.Finish();
  // Reading tells why a page could not be had.
  SC_RETURN_IF_ERROR(ReadDigest(uri, file, metrics).status());
  return whole;
}

}  // namespace

ArtifactStore::ArtifactStore(VolumeMap volumes, prometheus::Registry& registry)
    : volumes_(std::move(volumes)),
      metrics_(registry),
      digests_(kDigestsKept) {}

absl::StatusOr<ArtifactStore::Place> ArtifactStore::Locate(
    absl::string_view uri) const {
  SC_ASSIGN_OR_RETURN(ArtifactUri parsed, ArtifactUri::Parse(uri));
  SC_ASSIGN_OR_RETURN(std::shared_ptr<FileSystem> files,
                      FindVolume(volumes_, parsed.volume()), uri);
  return Place{std::move(parsed), std::move(files)};
}

absl::StatusOr<std::string> ArtifactStore::DigestOf(
    const std::string& uri, const FileInfo& info,
    absl::FunctionRef<absl::StatusOr<std::string>()> digest) {
  if (std::optional<std::string> known = digests_.Find(uri, info)) {
    return *std::move(known);
  }
  SC_ASSIGN_OR_RETURN(std::string sha256, digest());
  digests_.Insert(uri, info, sha256);
  return sha256;
}

absl::Status ArtifactStore::Verify(const v1::Artifact& artifact,
                                   const ReadableFile& file,
                                   absl::string_view bytes) {
  if (!IsSha256Hex(artifact.sha256())) {
    return absl::InvalidArgumentError(absl::StrCat(
        artifact.uri(), ": sha256 \"", artifact.sha256(),
        "\" is malformed; it has 64 lower-case hexadecimal digits"));
  }
  if (file.info().size_bytes != artifact.size_bytes()) {
    return absl::DataLossError(
        absl::StrCat(artifact.uri(), " has ", file.info().size_bytes,
                     " bytes, but its record says ", artifact.size_bytes()));
  }
  SC_ASSIGN_OR_RETURN(
      const std::string sha256, DigestOf(artifact.uri(), file.info(), [&] {
        return MappedDigest(artifact.uri(), file, bytes, metrics_);
      }));
  if (sha256 == artifact.sha256()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      artifact.uri(), " has the SHA-256 ", sha256, ", but its record says ",
      artifact.sha256(), "; the file was changed after it was published"));
}

absl::StatusOr<ArtifactReader> ArtifactStore::Open(
    const v1::Artifact& artifact) {
  SC_ASSIGN_OR_RETURN(const Place place, Locate(artifact.uri()));
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                      place.files->OpenFile(place.uri.path()));
  SC_ASSIGN_OR_RETURN(MappedBytes mapped, file->Map());
  if (!artifact.sha256().empty()) {
    const absl::Status verified = Verify(artifact, *file, mapped.bytes);
    if (absl::IsDataLoss(verified)) {
      metrics_.CountError(IoOperation::kHash, verified);
    }
    if (!verified.ok()) return verified;
  }
  return ArtifactReader(artifact.uri(), std::move(mapped));
}

absl::StatusOr<v1::Artifact> ArtifactStore::Inspect(absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const Place place, Locate(uri));
  SC_ASSIGN_OR_RETURN(const FileInfo info, place.files->Stat(place.uri.path()));
  if (info.kind != FileKind::kFile) {
    return absl::FailedPreconditionError(
        absl::StrCat(uri, " is not a regular file"));
  }
  v1::Artifact artifact;
  artifact.set_uri(std::string(uri));
  artifact.set_size_bytes(info.size_bytes);
  return artifact;
}

absl::StatusOr<v1::Artifact> ArtifactStore::InspectWithDigest(
    absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const Place place, Locate(uri));
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                      place.files->OpenFile(place.uri.path()));
  v1::Artifact artifact;
  artifact.set_uri(std::string(uri));
  artifact.set_size_bytes(file->info().size_bytes);
  SC_ASSIGN_OR_RETURN(*artifact.mutable_sha256(),
                      DigestOf(artifact.uri(), file->info(), [&] {
                        return ReadDigest(artifact.uri(), *file, metrics_);
                      }));
  return artifact;
}

absl::StatusOr<std::unique_ptr<ArtifactStaging>> ArtifactStore::BeginAttempt(
    absl::string_view output_prefix) {
  SC_ASSIGN_OR_RETURN(Place place, Locate(output_prefix));
  const std::string& path = place.uri.path();
  const absl::StatusOr<FileInfo> existing = place.files->Stat(path);
  if (existing.ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat(output_prefix, " is published already"));
  }
  if (!absl::IsNotFound(existing.status())) return existing.status();
  std::string directory =
      JoinPath(ParentPath(path),
               absl::StrCat(kStagingPrefix, RandomId(kStagingIdLength)));
  SC_RETURN_IF_ERROR(CreateDirectories(*place.files, directory));
  return std::make_unique<ArtifactStaging>(std::move(place.files), metrics_,
                                           SyncHelpers(), std::move(place.uri),
                                           std::move(directory));
}

BoundedExecutor& ArtifactStore::SyncHelpers() {
  absl::call_once(sync_helpers_made_, [this] {
    sync_helpers_ =
        std::make_unique<BoundedExecutor>("syncs", kSyncThreads, kWaitingSyncs);
  });
  return *sync_helpers_;
}

absl::StatusOr<std::optional<Manifest>> ArtifactStore::ReadManifest(
    absl::string_view output_prefix) {
  SC_ASSIGN_OR_RETURN(const Place place, Locate(output_prefix));
  const absl::StatusOr<std::string> text =
      ReadWholeFile(*place.files, JoinPath(place.uri.path(), kManifestName),
                    kMaxManifestBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  SC_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(*text, place.uri));
  // Whoever published it may have died before this.
  SC_RETURN_IF_ERROR(
      SyncWithParents(*place.files, ParentPath(place.uri.path())));
  return manifest;
}

absl::StatusOr<std::unique_ptr<ArtifactUpload>> ArtifactStore::BeginUpload(
    const v1::UploadHeader& header, int64_t max_bytes) {
  SC_RETURN_IF_ERROR(CheckUploadHeader(header, max_bytes));
  SC_ASSIGN_OR_RETURN(std::shared_ptr<FileSystem> files,
                      FindVolume(volumes_, header.volume()), "volume");
  SC_RETURN_IF_ERROR(CreateDirectories(*files, kUploadsDirectory));
  std::string path =
      JoinPath(kUploadsDirectory,
               absl::StrCat(kStagingPrefix, RandomId(kStagingIdLength)));
  SC_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                      files->CreateFile(path));
  return std::make_unique<ArtifactUpload>(
      *this, std::move(files), header, max_bytes, std::move(path),
      DigestWriter(std::move(file), metrics_));
}

absl::StatusOr<CheckpointStore> ArtifactStore::OpenCheckpoints(
    absl::string_view checkpoint_prefix) {
  SC_ASSIGN_OR_RETURN(Place place, Locate(checkpoint_prefix));
  return CheckpointStore(std::move(place.files), metrics_,
                         std::move(place.uri));
}

}  // namespace stagecoach
