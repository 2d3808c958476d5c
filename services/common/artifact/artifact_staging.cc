#include "services/common/artifact/artifact_staging.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/run_together.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/names.h"

namespace stagecoach {
namespace {

std::string FileName(absl::string_view name, v1::ArtifactType type) {
  return absl::StrCat(name, ArtifactExtension(type));
}

v1::TensorInfo InfoOf(const TensorView& tensor) {
  v1::TensorInfo info;
  info.set_name(tensor.name);
  info.set_dtype(std::string(DtypeName(tensor.dtype)));
  for (int64_t length : tensor.shape) info.add_shape(length);
  return info;
}

// What is in a file of tensors that was just written.
absl::StatusOr<std::vector<v1::TensorInfo>> ReadTensorInfos(
    FileSystem& files, const std::string& path, const std::string& uri) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                      files.OpenFile(path));
  SC_ASSIGN_OR_RETURN(MappedBytes mapped, file->Map());
  SC_ASSIGN_OR_RETURN(const SafetensorsView view,
                      SafetensorsView::Parse(ArtifactReader(
                          uri, mapped.bytes, std::move(mapped.owner))));
  std::vector<v1::TensorInfo> infos;
  for (const TensorView& tensor : view.tensors()) {
    infos.push_back(InfoOf(tensor));
  }
  return infos;
}

}  // namespace

ArtifactWriter::ArtifactWriter(DigestWriter file, OnFinished on_finished)
    : file_(std::move(file)), on_finished_(std::move(on_finished)) {}

absl::Status ArtifactWriter::Finish() {
  SC_ASSIGN_OR_RETURN(FileDigest digest, file_.Finish());
  return on_finished_(std::move(digest), file_.TakeFile());
}

ArtifactStaging::ArtifactStaging(std::shared_ptr<FileSystem> files,
                                 ArtifactMetrics& metrics,
                                 BoundedExecutor& helpers, ArtifactUri prefix,
                                 std::string directory)
    : files_(std::move(files)),
      metrics_(metrics),
      helpers_(helpers),
      prefix_(std::move(prefix)),
      directory_(std::move(directory)) {}

ArtifactStaging::~ArtifactStaging() {
  std::vector<Output> outputs;
  {
    absl::MutexLock lock(&mutex_);
    if (renamed_) return;
    outputs.swap(outputs_);
  }
  // NFS keeps files that are open, and with them their directory.
  outputs.clear();
  // An error leaves a hidden directory behind, which nobody reads.
  files_->RemoveTree(directory_).IgnoreError();
}

absl::Status ArtifactStaging::Reserve(absl::string_view name,
                                      v1::ArtifactType type) {
  SC_RETURN_IF_ERROR(CheckFieldName("name of output", name));
  const absl::string_view extension = ArtifactExtension(type);
  if (extension.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("output \"", name,
                     "\" has no type; it is one of tensor, weights, "
                     "table, report, text"));
  }
  SC_ASSIGN_OR_RETURN(const ArtifactUri uri,
                      prefix_.Join(FileName(name, type)));
  Output output;
  output.artifact.set_name(std::string(name));
  output.artifact.set_type(type);
  output.artifact.set_uri(uri.ToString());
  absl::MutexLock lock(&mutex_);
  for (const Output& other : outputs_) {
    if (other.artifact.name() != name) continue;
    return absl::AlreadyExistsError(
        absl::StrCat("output \"", name, "\" is written twice"));
  }
  outputs_.push_back(std::move(output));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ArtifactWriter>> ArtifactStaging::CreateFile(
    absl::string_view name, v1::ArtifactType type) {
  SC_RETURN_IF_ERROR(Reserve(name, type));
  const std::string path = JoinPath(directory_, FileName(name, type));
  SC_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                      files_->CreateFile(path));
  return std::make_unique<ArtifactWriter>(
      DigestWriter(std::move(file), metrics_),
      [this, owned = std::string(name), path](
          FileDigest digest, std::unique_ptr<WritableFile> written) {
        return Finished(owned, path, std::move(digest), std::move(written));
      });
}

absl::Status ArtifactStaging::Finished(const std::string& name,
                                       const std::string& path,
                                       FileDigest digest,
                                       std::unique_ptr<WritableFile> file) {
  const auto is_named = [&name](const Output& output) {
    return output.artifact.name() == name;
  };
  v1::Artifact artifact;
  {
    absl::MutexLock lock(&mutex_);
    artifact =
        std::find_if(outputs_.begin(), outputs_.end(), is_named)->artifact;
  }
  artifact.set_size_bytes(digest.size_bytes);
  artifact.set_sha256(digest.sha256);
  if (HoldsTensors(artifact.type())) {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::TensorInfo> infos,
                        ReadTensorInfos(*files_, path, artifact.uri()));
    artifact.mutable_tensors()->Assign(infos.begin(), infos.end());
  }
  absl::MutexLock lock(&mutex_);
  Output& output = *std::find_if(outputs_.begin(), outputs_.end(), is_named);
  artifact.mutable_metadata()->swap(*output.artifact.mutable_metadata());
  output = {std::move(artifact), /*finished=*/true, std::move(file)};
  return absl::OkStatus();
}

absl::Status ArtifactStaging::WriteFile(absl::string_view name,
                                        v1::ArtifactType type,
                                        absl::string_view bytes) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ArtifactWriter> writer,
                      CreateFile(name, type));
  SC_RETURN_IF_ERROR(writer->Append(bytes));
  return writer->Finish();
}

absl::Status ArtifactStaging::WriteTensors(
    absl::string_view name, v1::ArtifactType type,
    absl::Span<const TensorView> tensors, const SafetensorsMetadata& metadata) {
  SC_ASSIGN_OR_RETURN(const std::string header,
                      SafetensorsHeader(tensors, metadata), "output ", name);
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ArtifactWriter> writer,
                      CreateFile(name, type));
  SC_RETURN_IF_ERROR(writer->Append(header));
  for (const TensorView& tensor : tensors) {
    SC_RETURN_IF_ERROR(writer->Append(tensor.bytes));
  }
  return writer->Finish();
}

absl::Status ArtifactStaging::SetMetadata(absl::string_view name,
                                          absl::string_view key,
                                          absl::string_view value) {
  absl::MutexLock lock(&mutex_);
  for (Output& output : outputs_) {
    if (output.artifact.name() != name) continue;
    (*output.artifact.mutable_metadata())[std::string(key)] =
        std::string(value);
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("output \"", name, "\" has not been created"));
}

absl::StatusOr<std::vector<ArtifactStaging::Output>>
ArtifactStaging::TakeOutputs() {
  absl::MutexLock lock(&mutex_);
  if (closed_) {
    return absl::FailedPreconditionError(
        absl::StrCat(prefix_.ToString(), " is published only once"));
  }
  for (const Output& output : outputs_) {
    if (!output.finished) {
      return absl::FailedPreconditionError(absl::StrCat(
          "output \"", output.artifact.name(), "\" is not finished"));
    }
  }
  closed_ = true;
  return std::move(outputs_);
}

absl::Status ArtifactStaging::WriteAndSync(const Manifest& manifest,
                                           const std::vector<Output>& outputs) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                      files_->CreateFile(JoinPath(directory_, kManifestName)));
  SC_RETURN_IF_ERROR(file->Append({FormatManifest(manifest)}));
  std::vector<std::function<absl::Status()>> syncs;
  for (const Output& output : outputs) {
    syncs.push_back([&output] { return output.file->Sync(); });
  }
  syncs.push_back([&file] { return file->Sync(); });
  syncs.push_back([this] { return files_->SyncDirectory(directory_); });
  return RunTogether(helpers_, std::move(syncs));
}

absl::Status ArtifactStaging::SyncParents() {
  std::vector<std::function<absl::Status()>> syncs;
  absl::string_view path = prefix_.path();
  while (!path.empty()) {
    path = ParentPath(path);
    syncs.push_back([this, path] { return files_->SyncDirectory(path); });
  }
  return RunTogether(helpers_, std::move(syncs));
}

absl::StatusOr<std::vector<v1::Artifact>> ArtifactStaging::Publish(
    Manifest manifest) {
  SC_ASSIGN_OR_RETURN(const std::vector<Output> outputs, TakeOutputs());
  std::vector<v1::Artifact> artifacts;
  for (const Output& output : outputs) artifacts.push_back(output.artifact);
  manifest.result.mutable_outputs()->Assign(artifacts.begin(), artifacts.end());
  const absl::string_view path = prefix_.path();
  const std::string what = absl::StrCat("publish ", prefix_.ToString());
  // The order is the promise: content and names in the directory, then the
  // directory's own name, then the way to it.
  SC_RETURN_IF_ERROR(WriteAndSync(manifest, outputs), what);
  SC_RETURN_IF_ERROR(files_->Rename(directory_, path), what);
  {
    absl::MutexLock lock(&mutex_);
    renamed_ = true;
  }
  SC_RETURN_IF_ERROR(SyncParents(), what);
  return artifacts;
}

}  // namespace stagecoach
