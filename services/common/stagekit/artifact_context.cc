#include "services/common/stagekit/artifact_context.h"

#include <utility>

#include "absl/base/internal/raw_logging.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/description.h"

namespace stagecoach {

ArtifactContext::ArtifactContext(const v1::StageDescription& description,
                                 const CheckedRequest& request,
                                 ArtifactStore& store, ArtifactStaging* staging,
                                 PhaseClock& phases, Execution& execution)
    : description_(description),
      request_(request),
      store_(store),
      staging_(staging),
      phases_(phases),
      execution_(execution) {}

const std::string& ArtifactContext::execution_id() const {
  return execution_.name();
}

const v1::ParameterValue& ArtifactContext::ParameterOf(
    absl::string_view name, v1::ParameterValue::KindCase kind) const {
  const v1::ParameterValue& value = Parameter(name);
  if (value.kind_case() != kind) {
    ABSL_RAW_LOG(FATAL, "stage '%s' reads parameter '%s' as another type",
                 description_.name().c_str(), std::string(name).c_str());
  }
  return value;
}

int64_t ArtifactContext::Integer(absl::string_view name) const {
  return ParameterOf(name, v1::ParameterValue::kIntegerValue).integer_value();
}

double ArtifactContext::Number(absl::string_view name) const {
  return ParameterOf(name, v1::ParameterValue::kNumberValue).number_value();
}

const std::string& ArtifactContext::String(absl::string_view name) const {
  return ParameterOf(name, v1::ParameterValue::kStringValue).string_value();
}

bool ArtifactContext::Boolean(absl::string_view name) const {
  return ParameterOf(name, v1::ParameterValue::kBooleanValue).boolean_value();
}

std::vector<std::string> ArtifactContext::StringList(
    absl::string_view name) const {
  const auto& values = ParameterOf(name, v1::ParameterValue::kStringListValue)
                           .string_list_value()
                           .values();
  return {values.begin(), values.end()};
}

const v1::ParameterValue& ArtifactContext::Parameter(
    absl::string_view name) const {
  const auto found = request_.parameters.find(std::string(name));
  if (found == request_.parameters.end()) {
    ABSL_RAW_LOG(FATAL, "stage '%s' has not declared parameter '%s'",
                 description_.name().c_str(), std::string(name).c_str());
  }
  return found->second;
}

bool ArtifactContext::HasInput(absl::string_view name) const {
  return request_.inputs.count(std::string(name)) > 0;
}

absl::StatusOr<ArtifactReader> ArtifactContext::OpenInput(
    absl::string_view name) {
  if (FindInput(description_, name) == nullptr) {
    return absl::InternalError(absl::StrCat("stage '", description_.name(),
                                            "' has not declared input '", name,
                                            "'"));
  }
  const auto found = request_.inputs.find(std::string(name));
  if (found == request_.inputs.end()) {
    return absl::InternalError(
        absl::StrCat("stage '", description_.name(), "' reads input '", name,
                     "', which is optional and was not given"));
  }
  const ScopedPhase read(phases_, Phase::kRead);
  SC_ASSIGN_OR_RETURN(ArtifactReader reader, store_.Open(found->second),
                      "input '", name, "'");
  opened_.push_back(reader);
  return reader;
}

absl::StatusOr<SafetensorsView> ArtifactContext::OpenTensors(
    absl::string_view name) {
  SC_ASSIGN_OR_RETURN(ArtifactReader reader, OpenInput(name));
  const ScopedPhase read(phases_, Phase::kRead);
  SC_ASSIGN_OR_RETURN(SafetensorsView view,
                      SafetensorsView::Parse(std::move(reader)), "input '",
                      name, "'");
  return view;
}

absl::StatusOr<const v1::OutputSpec*> ArtifactContext::OutputFor(
    absl::string_view name) const {
  const v1::OutputSpec* spec = FindOutput(description_, name);
  if (spec != nullptr) return spec;
  return absl::InternalError(absl::StrCat("stage '", description_.name(),
                                          "' has not declared output '", name,
                                          "'"));
}

absl::Status ArtifactContext::WriteOutput(absl::string_view name,
                                          absl::string_view bytes) {
  SC_ASSIGN_OR_RETURN(const v1::OutputSpec* spec, OutputFor(name));
  const ScopedPhase write(phases_, Phase::kWrite);
  SC_RETURN_IF_ERROR(staging_->WriteFile(name, spec->type(), bytes), "output '",
                     name, "'");
  written_.insert(std::string(name));
  return absl::OkStatus();
}

absl::Status ArtifactContext::WriteTensors(
    absl::string_view name, absl::Span<const TensorView> tensors,
    const SafetensorsMetadata& metadata) {
  SC_ASSIGN_OR_RETURN(const v1::OutputSpec* spec, OutputFor(name));
  if (!HoldsTensors(spec->type())) {
    return absl::InternalError(absl::StrCat(
        "stage '", description_.name(), "' writes tensors to output '", name,
        "', which it has declared as ", ArtifactTypeName(spec->type())));
  }
  const ScopedPhase write(phases_, Phase::kWrite);
  SC_RETURN_IF_ERROR(
      staging_->WriteTensors(name, spec->type(), tensors, metadata), "output '",
      name, "'");
  written_.insert(std::string(name));
  return absl::OkStatus();
}

void ArtifactContext::ReportProgress(const v1::Progress& progress) {
  execution_.ReportProgress(progress);
}

void ArtifactContext::SetMetric(absl::string_view name, double value) {
  metrics_[std::string(name)] = value;
}

bool ArtifactContext::cancelled() const { return execution_.stop_requested(); }

absl::StatusOr<CheckpointStore*> ArtifactContext::Checkpoints() {
  if (!checkpoints_.has_value()) {
    SC_ASSIGN_OR_RETURN(checkpoints_,
                        store_.OpenCheckpoints(request_.checkpoint_prefix),
                        "checkpoint_prefix");
  }
  return &*checkpoints_;
}

absl::Status ArtifactContext::SaveCheckpoint(
    int64_t number, absl::Span<const TensorView> tensors,
    const SafetensorsMetadata& metadata) {
  if (request_.checkpoint_prefix.empty()) return absl::OkStatus();
  const ScopedPhase write(phases_, Phase::kWrite);
  SC_ASSIGN_OR_RETURN(CheckpointStore * checkpoints, Checkpoints());
  return WithContext(checkpoints->Save(number, tensors, metadata),
                     "checkpoint ", number);
}

absl::StatusOr<std::optional<SafetensorsView>>
ArtifactContext::OpenCheckpoint() {
  if (request_.checkpoint_prefix.empty()) return std::nullopt;
  const ScopedPhase read(phases_, Phase::kRead);
  SC_ASSIGN_OR_RETURN(CheckpointStore * checkpoints, Checkpoints());
  SC_ASSIGN_OR_RETURN(NewestCheckpoint newest, checkpoints->OpenNewest(),
                      "open the newest checkpoint");
  for (const absl::Status& damaged : newest.damaged) {
    Log(LogLevel::kWarning, "a damaged checkpoint is passed over",
        {{"run", execution_.id().run},
         {"step", execution_.id().step},
         {"attempt", execution_.id().attempt},
         {"error", damaged}});
  }
  if (!newest.checkpoint.has_value()) return std::nullopt;
  checkpoint_.push_back(newest.checkpoint->tensors);
  return std::move(newest.checkpoint->tensors);
}

absl::Status ArtifactContext::CheckInputsWhole() const {
  for (const ArtifactReader& reader : opened_) {
    SC_RETURN_IF_ERROR(CheckWhole(reader.uri(), reader.bytes()));
  }
  for (const SafetensorsView& checkpoint : checkpoint_) {
    if (checkpoint.tensors().empty()) continue;
    SC_RETURN_IF_ERROR(CheckWhole(request_.checkpoint_prefix,
                                  checkpoint.tensors().front().bytes));
  }
  return absl::OkStatus();
}

absl::Status ArtifactContext::CheckOutputsWritten() const {
  for (const v1::OutputSpec& spec : description_.outputs()) {
    if (spec.optional() || written_.count(spec.name()) > 0) continue;
    return absl::InternalError(
        absl::StrCat("stage '", description_.name(),
                     "' ended well but has not written its "
                     "output '",
                     spec.name(), "'"));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
