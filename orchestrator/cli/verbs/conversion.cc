#include "orchestrator/cli/verbs/conversion.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/torchfile/export.h"

namespace stagecoach {
namespace {

constexpr TensorFormat kFormats[] = {TensorFormat::kPt,
                                     TensorFormat::kSafetensors,
                                     TensorFormat::kCsv, TensorFormat::kNpy};

absl::StatusOr<SafetensorsView> ParseTensors(const v1::Artifact& artifact,
                                             absl::string_view bytes) {
  // A copy: the parser wants tensors aligned and kept alive by an owner.
  auto owner = std::make_shared<const std::string>(bytes);
  const absl::string_view kept = *owner;
  return SafetensorsView::Parse(
      ArtifactReader(artifact.uri(), kept, std::move(owner)));
}

}  // namespace

std::vector<std::string> ConversionFormats() {
  std::vector<std::string> names;
  for (const TensorFormat format : kFormats) {
    names.emplace_back(TensorFormatName(format));
  }
  return names;
}

absl::StatusOr<std::vector<ConvertedFile>> Convert(const v1::Artifact& artifact,
                                                   absl::string_view bytes,
                                                   const std::string& format) {
  SC_ASSIGN_OR_RETURN(const TensorFormat wanted, ParseTensorFormat(format));
  if (artifact.type() == v1::ARTIFACT_TYPE_TABLE &&
      wanted == TensorFormat::kCsv) {
    return std::vector<ConvertedFile>{
        {artifact.name() + ".csv", std::string(bytes)}};
  }
  if (!HoldsTensors(artifact.type())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "artifact '", artifact.name(), "' is of type ",
        ArtifactTypeName(artifact.type()),
        "; only tensors and weights have other formats: leave --format out"));
  }
  SC_ASSIGN_OR_RETURN(const SafetensorsView view,
                      ParseTensors(artifact, bytes));
  const bool dict = artifact.type() == v1::ARTIFACT_TYPE_WEIGHTS ||
                    view.tensors().size() != 1;
  SC_ASSIGN_OR_RETURN(
      std::vector<ExportedFile> exported,
      ExportTensors(view.tensors(), view.metadata(), wanted,
                    dict ? TorchForm::kStateDict : TorchForm::kTensor),
      "artifact '", artifact.name(), "'");
  std::vector<ConvertedFile> files;
  for (ExportedFile& file : exported) {
    files.push_back({absl::StrCat(artifact.name(), file.part.empty() ? "" : ".",
                                  file.part, ".", TensorFormatName(wanted)),
                     std::move(file.bytes)});
  }
  return files;
}

}  // namespace stagecoach
