#include "orchestrator/pipeline/plan.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/canonical_bytes.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/sorted_keys.h"
#include "orchestrator/pipeline/stage_descriptions.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

// Positions by name; the names are the pipeline's.
absl::flat_hash_map<absl::string_view, int> StepPositions(
    const v1::Pipeline& pipeline) {
  absl::flat_hash_map<absl::string_view, int> positions;
  for (int i = 0; i < pipeline.steps_size(); ++i) {
    positions.try_emplace(pipeline.steps(i).name(), i);
  }
  return positions;
}

std::string Quoted(const v1::Pipeline& pipeline) {
  return absl::StrCat("pipeline '", pipeline.name(), "'");
}

constexpr int kMaxPriority = 100;

absl::Status CheckMode(const v1::RunRequest& request) {
  if (request.priority() < -kMaxPriority || request.priority() > kMaxPriority) {
    return absl::OutOfRangeError(
        absl::StrCat("priority is ", request.priority(), "; it must be from ",
                     -kMaxPriority, " to ", kMaxPriority));
  }
  if (v1::CacheMode_IsValid(request.cache_mode())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "cache_mode is ", request.cache_mode(), "; it must be one of CacheMode"));
}

absl::Status CheckInputNames(const v1::RunRequest& request,
                             const v1::Pipeline& pipeline) {
  std::vector<std::string> known;
  for (const v1::PipelineInput& input : pipeline.inputs()) {
    known.push_back(input.name());
  }
  for (const std::string& name : SortedKeys(request.inputs())) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(pipeline), " has no input '", name, "'",
                     NearestNameHint(name, known)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Artifact> ResolveInput(const v1::PipelineInput& input,
                                          const v1::RunRequest& request,
                                          const v1::Pipeline& pipeline) {
  const auto given = request.inputs().find(input.name());
  const std::string& uri =
      given == request.inputs().end() ? input.default_uri() : given->second;
  if (uri.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(pipeline), " needs input '", input.name(), "', the URI of a ",
        ArtifactTypeName(input.type()), ", and it was not given"));
  }
  SC_RETURN_IF_ERROR(ArtifactUri::Parse(uri).status(), "input '", input.name(),
                     "' of ", Quoted(pipeline));
  v1::Artifact artifact;
  artifact.set_name(input.name());
  artifact.set_uri(uri);
  artifact.set_type(input.type());
  return artifact;
}

absl::Status ResolveInputs(const v1::RunRequest& request,
                           const v1::Pipeline& pipeline, v1::Run& run) {
  SC_RETURN_IF_ERROR(CheckInputNames(request, pipeline));
  for (const v1::PipelineInput& input : pipeline.inputs()) {
    SC_ASSIGN_OR_RETURN((*run.mutable_inputs())[input.name()],
                        ResolveInput(input, request, pipeline));
  }
  return absl::OkStatus();
}

// Holds the pipeline and the values that this run gives to its steps against
// the stages as they are now.
absl::Status CheckStages(const v1::Run& run, StageLookup lookup) {
  const v1::Pipeline& pipeline = run.pipeline();
  const StageDescriptions stages(pipeline, lookup);
  for (const v1::PipelineStep& step : pipeline.steps()) {
    SC_RETURN_IF_ERROR(stages.Get(step.stage()).status());
  }
  const SourceLines no_lines;
  Problems problems(no_lines);
  CheckAgainstStages(pipeline, stages, problems);
  SC_RETURN_IF_ERROR(problems.ToStatus(), Quoted(pipeline),
                     " does not fit its stages");
  for (int i = 0; i < pipeline.steps_size(); ++i) {
    const v1::PipelineStep& step = pipeline.steps(i);
    SC_RETURN_IF_ERROR(
        ResolveParameters(stages.Get(step.stage())->parameters(),
                          StepParameters(run, i),
                          absl::StrCat("stage '", step.stage(), "'"))
            .status(),
        "step '", step.name(), "'");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Artifact> OutputOf(const v1::Step& step,
                                      const std::string& output) {
  for (const v1::Artifact& artifact : step.outputs()) {
    if (artifact.name() == output) return artifact;
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "step '", step.name(), "' has ended without output '", output, "'"));
}

// The step called `name` that stands before position `end`. Chains refer to
// the step just before, so this looks from there.
absl::StatusOr<const v1::Step*> FindStepBefore(const v1::Run& run, int end,
                                               const std::string& name) {
  for (int i = end - 1; i >= 0; --i) {
    if (run.steps(i).name() == name) return &run.steps(i);
  }
  return absl::InternalError(absl::StrCat("run ", run.id(), " has no step '",
                                          name, "' before step ", "number ",
                                          end));
}

}  // namespace

absl::StatusOr<v1::Run> PlanRun(const v1::RunRequest& request,
                                const v1::Pipeline& pipeline,
                                StageLookup lookup) {
  SC_RETURN_IF_ERROR(CheckMode(request));
  v1::Run run;
  run.set_state(v1::RUN_STATE_PENDING);
  run.set_pipeline_name(pipeline.name());
  run.set_idempotency_key(request.idempotency_key());
  run.set_volume(request.volume());
  run.set_priority(request.priority());
  run.set_cache_mode(request.cache_mode());
  SC_ASSIGN_OR_RETURN(
      const ResolvedParameters parameters,
      ResolveParameters(pipeline.parameters(), request.parameters(),
                        Quoted(pipeline)));
  run.mutable_parameters()->insert(parameters.begin(), parameters.end());
  SC_RETURN_IF_ERROR(ResolveInputs(request, pipeline, run));
  *run.mutable_pipeline() = pipeline;
  SC_RETURN_IF_ERROR(CheckStages(run, lookup));
  run.mutable_steps()->Reserve(pipeline.steps_size());
  for (const v1::PipelineStep& planned : pipeline.steps()) {
    v1::Step& step = *run.add_steps();
    step.set_name(planned.name());
    step.set_stage(planned.stage());
    step.set_state(v1::STEP_STATE_PENDING);
    if (planned.cache().enabled() &&
        request.cache_mode() == v1::CACHE_MODE_OFF) {
      step.mutable_cache()->set_outcome(v1::CACHE_OUTCOME_BYPASSED);
      step.mutable_cache()->set_reason("the run asked for no cache");
    }
  }
  return run;
}

std::vector<std::vector<int>> Dependencies(const v1::Pipeline& pipeline) {
  const auto positions = StepPositions(pipeline);
  std::vector<std::vector<int>> dependencies(pipeline.steps_size());
  for (int i = 0; i < pipeline.steps_size(); ++i) {
    std::vector<int>& needed = dependencies[i];
    for (const auto& [name, binding] : pipeline.steps(i).inputs()) {
      if (!binding.has_step_output()) continue;
      const auto found = positions.find(binding.step_output().step());
      if (found != positions.end()) needed.push_back(found->second);
    }
    std::sort(needed.begin(), needed.end());
    needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  }
  return dependencies;
}

ParameterValues StepParameters(const v1::Run& run, int step) {
  ParameterValues values;
  for (const auto& [name, binding] : run.pipeline().steps(step).parameters()) {
    if (binding.has_value()) {
      values[name] = binding.value();
      continue;
    }
    const auto found = run.parameters().find(binding.parameter());
    if (found != run.parameters().end()) values[name] = found->second;
  }
  return values;
}

absl::StatusOr<Artifacts> StepInputs(const v1::Run& run, int step) {
  Artifacts inputs;
  for (const auto& [name, binding] : run.pipeline().steps(step).inputs()) {
    if (!binding.has_step_output()) {
      const auto found = run.inputs().find(binding.pipeline_input());
      if (found != run.inputs().end()) inputs[name] = found->second;
      continue;
    }
    const v1::StepOutput& source = binding.step_output();
    SC_ASSIGN_OR_RETURN(const v1::Step* const needed,
                        FindStepBefore(run, step, source.step()));
    SC_ASSIGN_OR_RETURN(inputs[name], OutputOf(*needed, source.output()),
                        "input '", name, "' of step '",
                        run.pipeline().steps(step).name(), "'");
  }
  return inputs;
}

absl::StatusOr<Artifacts> RunOutputs(const v1::Run& run) {
  const auto positions = StepPositions(run.pipeline());
  Artifacts outputs;
  for (const v1::PipelineOutput& output : run.pipeline().outputs()) {
    const auto found = positions.find(output.source().step());
    if (found == positions.end()) {
      return absl::InternalError(absl::StrCat(
          "run ", run.id(), " has no step '", output.source().step(), "'"));
    }
    SC_ASSIGN_OR_RETURN(
        outputs[output.name()],
        OutputOf(run.steps(found->second), output.source().output()),
        "output '", output.name(), "' of the run");
  }
  return outputs;
}

std::string RequestDigest(const v1::RunRequest& request) {
  v1::RunRequest asked = request;
  asked.clear_idempotency_key();
  return Sha256Hex(CanonicalBytes(asked));
}

}  // namespace stagecoach
