#include "orchestrator/pipeline/stage_descriptions.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/pipeline/sorted_keys.h"
#include "services/common/base/nearest_name.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/description.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

template <typename List>
std::vector<std::string> NamesOf(const List& list) {
  std::vector<std::string> names;
  for (const auto& element : list) names.push_back(element.name());
  return names;
}

// Whether every value of `given` is one of `wanted` as far as types go.
bool TypeFits(v1::ParameterType given, v1::ParameterType wanted) {
  if (given == wanted) return true;
  if (wanted == v1::PARAMETER_TYPE_NUMBER) {
    return given == v1::PARAMETER_TYPE_INTEGER;
  }
  return wanted == v1::PARAMETER_TYPE_INTEGER_OR_STRING &&
         (given == v1::PARAMETER_TYPE_INTEGER ||
          given == v1::PARAMETER_TYPE_STRING);
}

class StageChecker {
 public:
  StageChecker(const v1::Pipeline& pipeline, const StageDescriptions& stages,
               Problems& problems)
      : pipeline_(pipeline), stages_(stages), problems_(problems) {
    for (const v1::PipelineStep& step : pipeline.steps()) {
      steps_[step.name()] = &step;
    }
    for (const v1::PipelineInput& input : pipeline.inputs()) {
      inputs_[input.name()] = &input;
    }
    for (const v1::ParameterSpec& spec : pipeline.parameters()) {
      parameters_[spec.name()] = &spec;
    }
  }

  void Check() {
    for (const v1::PipelineStep& step : pipeline_.steps()) {
      if (problems_.full()) return;
      const auto& stage = stages_.Get(step.stage());
      if (!stage.ok()) continue;
      CheckParameters(step, *stage);
      CheckInputs(step, *stage);
    }
    for (const v1::PipelineOutput& output : pipeline_.outputs()) {
      FindOutputOf(output.source(),
                   absl::StrCat("spec.outputs.", output.name(), ".from"));
    }
  }

 private:
  static std::string Quoted(const v1::StageDescription& stage) {
    return absl::StrCat("stage '", stage.name(), "'");
  }

  void CheckParameters(const v1::PipelineStep& step,
                       const v1::StageDescription& stage) {
    const std::string field =
        absl::StrCat("spec.steps.", step.name(), ".parameters");
    for (const std::string& name : SortedKeys(step.parameters())) {
      const std::string path = absl::StrCat(field, ".", name);
      const v1::ParameterSpec* spec = FindParameter(stage.parameters(), name);
      if (spec == nullptr) {
        AddUnknown(path, stage, "parameter", name, NamesOf(stage.parameters()));
      } else {
        CheckBinding(path, step.parameters().at(name), *spec, stage);
      }
    }
    for (const v1::ParameterSpec& spec : stage.parameters()) {
      if (spec.has_default_value() || step.parameters().contains(spec.name())) {
        continue;
      }
      problems_.Add(
          field, absl::StrCat(Quoted(stage), " needs parameter '", spec.name(),
                              "', ", DescribeAllowed(spec)));
    }
  }

  void CheckBinding(const std::string& path,
                    const v1::ParameterBinding& binding,
                    const v1::ParameterSpec& spec,
                    const v1::StageDescription& stage) {
    if (binding.has_value()) {
      CheckValue(path, binding.value(), spec, stage);
      return;
    }
    const auto found = parameters_.find(binding.parameter());
    if (found == parameters_.end()) return;  // CheckReferences says so
    const v1::ParameterSpec& given = *found->second;
    if (!TypeFits(given.type(), spec.type())) {
      problems_.Add(
          path,
          absl::StrCat(Quoted(stage), " takes ", DescribeType(spec.type()),
                       ", but parameter '", given.name(),
                       "' of the pipeline is ", DescribeType(given.type())));
    } else if (given.has_default_value()) {
      CheckValue(path, given.default_value(), spec, stage);
    }
  }

  void CheckValue(const std::string& path, const v1::ParameterValue& value,
                  const v1::ParameterSpec& spec,
                  const v1::StageDescription& stage) {
    const absl::Status status = CheckParameterValue(spec, value, Quoted(stage));
    if (!status.ok()) problems_.Add(path, status.message());
  }

  void CheckInputs(const v1::PipelineStep& step,
                   const v1::StageDescription& stage) {
    const std::string field =
        absl::StrCat("spec.steps.", step.name(), ".inputs");
    for (const std::string& name : SortedKeys(step.inputs())) {
      const std::string path = absl::StrCat(field, ".", name);
      const v1::InputSpec* spec = FindInput(stage, name);
      if (spec == nullptr) {
        AddUnknown(path, stage, "input", name, NamesOf(stage.inputs()));
      }
      const v1::ArtifactType given = TypeOfSource(step.inputs().at(name), path);
      if (spec == nullptr || given == v1::ARTIFACT_TYPE_UNSPECIFIED ||
          TakesType(spec->type(), given)) {
        continue;
      }
      problems_.Add(
          path, absl::StrCat(Quoted(stage), " takes a ",
                             ArtifactTypeName(spec->type()),
                             " here, but this is a ", ArtifactTypeName(given)));
    }
    for (const v1::InputSpec& spec : stage.inputs()) {
      if (spec.optional() || step.inputs().contains(spec.name())) continue;
      problems_.Add(field,
                    absl::StrCat(Quoted(stage), " needs input '", spec.name(),
                                 "', a ", ArtifactTypeName(spec.type())));
    }
  }

  // UNSPECIFIED: not known, and already reported or passed over.
  v1::ArtifactType TypeOfSource(const v1::InputBinding& binding,
                                const std::string& path) {
    if (binding.has_step_output()) {
      const v1::OutputSpec* output = FindOutputOf(binding.step_output(), path);
      return output == nullptr ? v1::ARTIFACT_TYPE_UNSPECIFIED : output->type();
    }
    const auto found = inputs_.find(binding.pipeline_input());
    return found == inputs_.end() ? v1::ARTIFACT_TYPE_UNSPECIFIED
                                  : found->second->type();
  }

  // Null if the stage is not known or, which is reported, has no such output.
  const v1::OutputSpec* FindOutputOf(const v1::StepOutput& source,
                                     const std::string& path) {
    const auto step = steps_.find(source.step());
    if (step == steps_.end()) return nullptr;  // CheckReferences says so
    const auto& stage = stages_.Get(step->second->stage());
    if (!stage.ok()) return nullptr;
    const v1::OutputSpec* output = FindOutput(*stage, source.output());
    if (output == nullptr) {
      AddUnknown(path, *stage, "output", source.output(),
                 NamesOf(stage->outputs()));
    }
    return output;
  }

  void AddUnknown(const std::string& path, const v1::StageDescription& stage,
                  absl::string_view kind, absl::string_view name,
                  const std::vector<std::string>& known) {
    problems_.Add(path, absl::StrCat(Quoted(stage), " has no ", kind, " \"",
                                     name, "\"", NearestNameHint(name, known)));
  }

  const v1::Pipeline& pipeline_;
  const StageDescriptions& stages_;
  Problems& problems_;
  absl::flat_hash_map<std::string, const v1::PipelineStep*> steps_;
  absl::flat_hash_map<std::string, const v1::PipelineInput*> inputs_;
  absl::flat_hash_map<std::string, const v1::ParameterSpec*> parameters_;
};

}  // namespace

StageDescriptions::StageDescriptions(const v1::Pipeline& pipeline,
                                     StageLookup lookup) {
  for (const v1::PipelineStep& step : pipeline.steps()) {
    if (stages_.contains(step.stage())) continue;
    stages_.emplace(step.stage(), lookup(step.stage()));
  }
}

void CheckAgainstStages(const v1::Pipeline& pipeline,
                        const StageDescriptions& stages, Problems& problems) {
  StageChecker(pipeline, stages, problems).Check();
}

}  // namespace stagecoach
