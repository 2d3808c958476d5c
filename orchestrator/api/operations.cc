// Operations on pipelines, stages and artifacts.

#include "orchestrator/api/operations.h"

#include <map>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/pipeline/parse.h"
#include "orchestrator/pipeline/plan.h"
#include "orchestrator/pipeline/validate.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

template <typename Named>
std::vector<std::string> Names(const std::vector<Named>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Named& one : all) names.push_back(one.name());
  return names;
}

// `step` of `run`, by name; -1 if there is none.
int StepPosition(const v1::Run& run, absl::string_view step) {
  for (int i = 0; i < run.steps_size(); ++i) {
    if (run.steps(i).name() == step) return i;
  }
  return -1;
}

}  // namespace

absl::StatusOr<v1::StageDescription> Operations::Describe(
    absl::string_view stage) {
  absl::StatusOr<v1::StageDescription> description = fleet_.Describe(stage);
  if (!absl::IsNotFound(description.status())) return description;
  return absl::NotFoundError(
      absl::StrCat("there is no stage '", stage, "'",
                   NearestNameHint(stage, Names(fleet_.ListStages()))));
}

absl::StatusOr<v1::ApplyPipelineResponse> Operations::ApplyPipeline(
    const v1::ApplyPipelineRequest& request) {
  SC_ASSIGN_OR_RETURN(
      ParsedPipeline parsed,
      ParsePipelineWithLines(request.yaml(), request.file_name()));
  const absl::Status valid = ValidateAgainstStages(
      parsed.pipeline,
      [this](absl::string_view stage) { return Describe(stage); },
      parsed.lines);
  // A stage that cannot be asked now is asked when a run is created.
  if (!valid.ok() && (request.validate_only() || !absl::IsUnavailable(valid))) {
    return valid;
  }
  v1::ApplyPipelineResponse response;
  if (request.validate_only()) {
    *response.mutable_pipeline() = std::move(parsed.pipeline);
    return response;
  }
  SC_ASSIGN_OR_RETURN(
      AppliedPipeline applied,
      store_.ApplyPipeline({std::move(parsed.pipeline), request.yaml()}));
  *response.mutable_pipeline() = std::move(applied.pipeline);
  response.set_changed(applied.changed);
  return response;
}

absl::StatusOr<StoredPipeline> Operations::GetPipeline(absl::string_view name,
                                                       int64_t version) {
  if (name.empty()) {
    return absl::InvalidArgumentError(
        "pipeline is empty; it must be the name of a pipeline");
  }
  if (version < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("pipeline version is ", version,
                     "; it must be at least 1, or 0 for the newest"));
  }
  absl::StatusOr<StoredPipeline> stored = store_.GetPipeline(name, version);
  if (version != 0 || !absl::IsNotFound(stored.status())) return stored;
  SC_ASSIGN_OR_RETURN(const std::vector<v1::Pipeline> known,
                      store_.ListPipelines());
  return absl::NotFoundError(absl::StrCat("there is no pipeline '", name, "'",
                                          NearestNameHint(name, Names(known))));
}

absl::StatusOr<std::vector<v1::Pipeline>> Operations::ListPipelines() {
  return store_.ListPipelines();
}

std::vector<v1::StageStatus> Operations::ListStages() {
  std::vector<v1::StageStatus> stages = fleet_.ListStages();
  for (v1::StageStatus& stage : stages) {
    stage.set_steps_waiting(engine_.StepsWaiting(stage.name()));
  }
  return stages;
}

absl::StatusOr<std::vector<v1::RecordedArtifact>> Operations::ListArtifacts(
    const v1::ListArtifactsRequest& request) {
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(request.run_id()));
  if (!request.step().empty() && StepPosition(run, request.step()) < 0) {
    std::vector<std::string> steps;
    for (const v1::Step& step : run.steps()) steps.push_back(step.name());
    return absl::NotFoundError(
        absl::StrCat("run ", run.id(), " has no step '", request.step(), "'",
                     NearestNameHint(request.step(), steps)));
  }
  std::vector<v1::RecordedArtifact> artifacts;
  for (const v1::Step& step : run.steps()) {
    if (!request.step().empty() && step.name() != request.step()) continue;
    for (const v1::Artifact& output : step.outputs()) {
      SC_ASSIGN_OR_RETURN(v1::RecordedArtifact recorded,
                          store_.FindArtifact(output.uri()));
      artifacts.push_back(std::move(recorded));
    }
  }
  return artifacts;
}

absl::Status Operations::AddMaker(const v1::RecordedArtifact& recorded,
                                  v1::GetLineageResponse& response) {
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(recorded.run_id()));
  SC_ASSIGN_OR_RETURN(const Artifacts inputs,
                      StepInputs(run, StepPosition(run, recorded.step())));
  const std::map<std::string, v1::Artifact> by_name(inputs.begin(),
                                                    inputs.end());
  for (const auto& [name, artifact] : by_name) {
    *response.add_made_from() = artifact;
  }
  *response.mutable_artifact() = recorded;
  return absl::OkStatus();
}

// What a step read that no step has made: an upload, or a file of the user's.
absl::StatusOr<v1::Artifact> Operations::ArtifactOfUse(
    const v1::ArtifactUse& use) {
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(use.run_id()));
  SC_ASSIGN_OR_RETURN(const Artifacts inputs,
                      StepInputs(run, StepPosition(run, use.step())));
  return inputs.at(use.input());
}

absl::StatusOr<v1::GetLineageResponse> Operations::GetLineage(
    absl::string_view uri) {
  v1::GetLineageResponse response;
  SC_ASSIGN_OR_RETURN(std::vector<v1::ArtifactUse> uses,
                      store_.FindArtifactUses(uri));
  absl::c_sort(uses, [](const v1::ArtifactUse& a, const v1::ArtifactUse& b) {
    return std::tie(a.run_id(), a.step(), a.input()) <
           std::tie(b.run_id(), b.step(), b.input());
  });
  const absl::StatusOr<v1::RecordedArtifact> recorded =
      store_.FindArtifact(uri);
  if (recorded.ok()) {
    SC_RETURN_IF_ERROR(AddMaker(*recorded, response));
  } else if (absl::IsNotFound(recorded.status()) && !uses.empty()) {
    SC_ASSIGN_OR_RETURN(*response.mutable_artifact()->mutable_artifact(),
                        ArtifactOfUse(uses.front()));
  } else {
    return recorded.status();
  }
  response.mutable_used_by()->Assign(uses.begin(), uses.end());
  return response;
}

absl::StatusOr<OpenedArtifact> Operations::OpenArtifact(absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const v1::RecordedArtifact recorded,
                      store_.FindArtifact(uri));
  SC_RETURN_IF_ERROR(CheckAnswers(uri));
  SC_ASSIGN_OR_RETURN(ArtifactReader reader,
                      artifacts_.Open(recorded.artifact()));
  return OpenedArtifact{recorded.artifact(), std::move(reader)};
}

absl::StatusOr<std::unique_ptr<ArtifactUpload>> Operations::BeginUpload(
    v1::UploadHeader header) {
  if (header.volume().empty()) header.set_volume(options_.volumes.front());
  if (!absl::c_linear_search(options_.volumes, header.volume())) {
    return absl::NotFoundError(
        absl::StrCat("there is no volume '", header.volume(), "'",
                     NearestNameHint(header.volume(), options_.volumes)));
  }
  SC_RETURN_IF_ERROR(CheckUploadHeader(header, options_.max_upload_bytes));
  SC_RETURN_IF_ERROR(CheckVolume(header.volume()));
  return artifacts_.BeginUpload(header, options_.max_upload_bytes);
}

void Operations::CollectGarbage(const v1::CollectGarbageRequest& request,
                                const RetentionService::Done& done) {
  retention_.Collect(request, done);
}

absl::Status Operations::PinArtifact(const v1::PinArtifactRequest& request) {
  SC_RETURN_IF_ERROR(ArtifactUri::Parse(request.uri()).status(), "uri");
  return store_.SetPinned(request.uri(), !request.unpin());
}

}  // namespace stagecoach
