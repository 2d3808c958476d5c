#include "services/common/artifact/checkpoint_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kExtension = ".safetensors";
constexpr absl::string_view kTemporaryPrefix = ".staging-";
constexpr size_t kTemporaryIdLength = 12;
constexpr size_t kDigits = 12;
constexpr int64_t kMaxNumber = 999'999'999'999;

std::string FileName(int64_t number) {
  return absl::StrFormat("%012d%s", number, kExtension);
}

// The number in a name that FileName made.
std::optional<int64_t> NumberOf(absl::string_view name) {
  int64_t number = 0;
  if (!absl::ConsumeSuffix(&name, kExtension) || name.size() != kDigits ||
      !absl::SimpleAtoi(name, &number) || number < 0) {
    return std::nullopt;
  }
  return number;
}

std::string DataDigest(absl::Span<const TensorView> tensors,
                       ArtifactMetrics& metrics) {
  const absl::Duration start = Clock::Real().Elapsed();
  Sha256 digest;
  int64_t size = 0;
  for (const TensorView& tensor : tensors) {
    digest.Update(tensor.bytes);
    size += static_cast<int64_t>(tensor.bytes.size());
  }
  std::string sha256 = digest.Finish();
  metrics.Observe(IoOperation::kHash, Clock::Real().Elapsed() - start, size);
  return sha256;
}

// Another attempt may remove the same, and NFS repeats a call whose answer was
// lost.
absl::Status RemoveIfThere(FileSystem& files, absl::string_view path) {
  const absl::Status removed = files.RemoveFile(path);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

}  // namespace

CheckpointStore::CheckpointStore(std::shared_ptr<FileSystem> files,
                                 ArtifactMetrics& metrics, ArtifactUri prefix)
    : files_(std::move(files)),
      metrics_(&metrics),
      prefix_(std::move(prefix)) {}

absl::Status CheckpointStore::Save(int64_t number,
                                   absl::Span<const TensorView> tensors,
                                   const SafetensorsMetadata& metadata) {
  if (number < 0 || number > kMaxNumber) {
    return absl::InvalidArgumentError(
        absl::StrCat("checkpoint number is ", number, "; it must be from 0 to ",
                     kMaxNumber));
  }
  SC_RETURN_IF_ERROR(CreateDirectories(*files_, prefix_.path()));
  const std::string temporary =
      JoinPath(prefix_.path(),
               absl::StrCat(kTemporaryPrefix, RandomId(kTemporaryIdLength)));
  absl::Status status = WriteTemporary(temporary, tensors, metadata);
  if (status.ok()) status = Publish(temporary, number);
  if (!status.ok()) {
    // Not there if it was never made or got its name; else the first error
    // counts, and nobody reads a hidden file.
    files_->RemoveFile(temporary).IgnoreError();
    return status;
  }
  return Prune();
}

absl::Status CheckpointStore::WriteTemporary(
    absl::string_view path, absl::Span<const TensorView> tensors,
    SafetensorsMetadata metadata) {
  // The digest stands before the data: the data is passed over twice, but the
  // file is one and needs no companion that could differ.
  metadata[std::string(kCheckpointDigestKey)] = DataDigest(tensors, *metrics_);
  SC_ASSIGN_OR_RETURN(const std::string header,
                      SafetensorsHeader(tensors, metadata));
  std::vector<absl::string_view> pieces = {header};
  for (const TensorView& tensor : tensors) pieces.push_back(tensor.bytes);
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                      files_->CreateFile(path));
  SC_RETURN_IF_ERROR(file->Append(pieces));
  return file->Sync();
}

absl::Status CheckpointStore::Publish(absl::string_view temporary,
                                      int64_t number) {
  const std::string path = PathOf(number);
  absl::Status renamed = files_->Rename(temporary, path);
  if (absl::IsAlreadyExists(renamed)) {
    const absl::Status existing = Open(number).status();
    if (existing.ok()) {
      SC_RETURN_IF_ERROR(RemoveIfThere(*files_, temporary));
    } else if (absl::IsDataLoss(existing) ||
               absl::IsFailedPrecondition(existing)) {
      SC_RETURN_IF_ERROR(RemoveIfThere(*files_, path));
      SC_RETURN_IF_ERROR(files_->Rename(temporary, path));
    } else {
      return existing;
    }
  } else if (!renamed.ok()) {
    return renamed;
  }
  return SyncWithParents(*files_, prefix_.path());
}

absl::Status CheckpointStore::Prune() {
  SC_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, List());
  const size_t kept = std::min(numbers.size(), kCheckpointsKept);
  numbers.resize(numbers.size() - kept);
  for (int64_t number : numbers) {
    SC_RETURN_IF_ERROR(RemoveIfThere(*files_, PathOf(number)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> CheckpointStore::List() const {
  const absl::StatusOr<std::vector<DirectoryEntry>> entries =
      files_->List(prefix_.path());
  std::vector<int64_t> numbers;
  if (absl::IsNotFound(entries.status())) return numbers;
  if (!entries.ok()) return entries.status();
  for (const DirectoryEntry& entry : *entries) {
    if (auto number = NumberOf(entry.name)) numbers.push_back(*number);
  }
  return numbers;
}

absl::StatusOr<Checkpoint> CheckpointStore::Open(int64_t number) const {
  SC_ASSIGN_OR_RETURN(const ArtifactUri uri, prefix_.Join(FileName(number)));
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                      files_->OpenFile(uri.path()));
  SC_ASSIGN_OR_RETURN(MappedBytes mapped, file->Map());
  SC_ASSIGN_OR_RETURN(
      SafetensorsView view,
      SafetensorsView::Parse(ArtifactReader(uri.ToString(), mapped.bytes,
                                            std::move(mapped.owner))));
  const auto expected = view.metadata().find(std::string(kCheckpointDigestKey));
  if (expected == view.metadata().end()) {
    return absl::FailedPreconditionError(
        absl::StrCat(uri.ToString(), " has no \"", kCheckpointDigestKey,
                     "\" in its metadata; it is no checkpoint"));
  }
  if (DataDigest(view.tensors(), *metrics_) != expected->second) {
    return absl::DataLossError(absl::StrCat(
        uri.ToString(), ": the tensors differ from their SHA-256 in \"",
        kCheckpointDigestKey, "\""));
  }
  return Checkpoint{number, std::move(view)};
}

absl::StatusOr<NewestCheckpoint> CheckpointStore::OpenNewest() const {
  SC_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, List());
  std::reverse(numbers.begin(), numbers.end());
  NewestCheckpoint newest;
  for (int64_t number : numbers) {
    absl::StatusOr<Checkpoint> checkpoint = Open(number);
    if (checkpoint.ok()) {
      newest.checkpoint = *std::move(checkpoint);
      break;
    }
    const absl::Status& fault = checkpoint.status();
    // Not there: another attempt has just pruned it.
    if (absl::IsNotFound(fault)) continue;
    if (!absl::IsDataLoss(fault) && !absl::IsFailedPrecondition(fault)) {
      return fault;
    }
    newest.damaged.push_back(fault);
  }
  return newest;
}

std::string CheckpointStore::PathOf(int64_t number) const {
  return JoinPath(prefix_.path(), FileName(number));
}

}  // namespace stagecoach
