#include "orchestrator/cli/render/catalog.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/parameters.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

std::string Heading(const Layout& layout, absl::string_view text) {
  return absl::StrCat("\n", Paint(layout, Tone::kStrong, text), "\n");
}

std::string Documentation(const std::string& text, const Layout& layout) {
  std::string result;
  for (const std::string& line :
       Wrap(text, layout.width > 0 ? layout.width : 80)) {
    absl::StrAppend(&result, Printable(line), "\n");
  }
  return result;
}

std::string DefaultText(const v1::ParameterSpec& spec) {
  if (!spec.has_default_value()) return "required";
  return Printable(ParameterValueText(spec.default_value()));
}

std::string RenderParameters(const ParameterSpecs& specs,
                             const Layout& layout) {
  if (specs.empty()) return "";
  Table table({{"NAME"},
               {"DEFAULT"},
               {"ALLOWED", Align::kLeft, Overflow::kWrap},
               {"MEANING", Align::kLeft, Overflow::kWrap}},
              2);
  for (const v1::ParameterSpec& spec : specs) {
    table.AddRow({{Printable(spec.name())},
                  {DefaultText(spec)},
                  {Printable(DescribeAllowed(spec)), Tone::kFaint},
                  {Printable(spec.documentation())}});
  }
  return Heading(layout, "Parameters") + table.Render(layout);
}

// Inputs and outputs of a stage alike.
template <typename Specs>
std::string RenderArtifactSpecs(absl::string_view title, const Specs& specs,
                                const Layout& layout) {
  if (specs.empty()) return "";
  Table table({{"NAME"}, {"TYPE"}, {"MEANING", Align::kLeft, Overflow::kWrap}},
              2);
  for (const auto& spec : specs) {
    table.AddRow({{Printable(spec.name())},
                  {absl::StrCat(ArtifactTypeName(spec.type()),
                                spec.optional() ? ", optional" : ""),
                   Tone::kFaint},
                  {Printable(spec.documentation())}});
  }
  return Heading(layout, title) + table.Render(layout);
}

struct SlotCount {
  int serving = 0;
  int slots = 0;
  int used = 0;
};

SlotCount CountSlots(const v1::StageStatus& stage) {
  SlotCount count;
  for (const v1::ReplicaStatus& replica : stage.replicas()) {
    if (!replica.serving()) continue;
    ++count.serving;
    count.slots += replica.slots();
    count.used += replica.slots_used();
  }
  return count;
}

std::string RenderReplicas(const v1::StageStatus& stage, const Layout& layout) {
  Table table({{"ADDRESS"},
               {"STATE"},
               {"BUSY", Align::kRight},
               {"REASON", Align::kLeft, Overflow::kWrap}},
              2);
  for (const v1::ReplicaStatus& replica : stage.replicas()) {
    table.AddRow({{Printable(replica.address())},
                  replica.serving() ? Span{"serving", Tone::kGood}
                                    : Span{"not serving", Tone::kBad},
                  {absl::StrCat(replica.slots_used(), "/", replica.slots())},
                  {Printable(replica.reason())}});
  }
  if (table.empty()) return "\nno replicas\n";
  return Heading(layout, "Replicas") + table.Render(layout);
}

std::string BindingText(const v1::ParameterBinding& binding) {
  if (binding.source_case() == v1::ParameterBinding::kParameter) {
    return absl::StrCat("${parameters.", binding.parameter(), "}");
  }
  return QuotedParameterValue(binding.value());
}

std::string BindingText(const v1::InputBinding& binding) {
  if (binding.source_case() == v1::InputBinding::kPipelineInput) {
    return absl::StrCat("inputs.", binding.pipeline_input());
  }
  return absl::StrCat("steps.", binding.step_output().step(), ".",
                      binding.step_output().output());
}

template <typename Bindings>
std::string FormatBindings(const Bindings& bindings) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, binding] : bindings) {
    sorted[name] = BindingText(binding);
  }
  return Printable(absl::StrJoin(sorted, ", ", absl::PairFormatter("=")));
}

std::string RenderSteps(const v1::Pipeline& pipeline, const Layout& layout) {
  Table table({{"NAME"},
               {"STAGE"},
               {"INPUTS", Align::kLeft, Overflow::kWrap},
               {"PARAMETERS", Align::kLeft, Overflow::kWrap}},
              2);
  for (const v1::PipelineStep& step : pipeline.steps()) {
    table.AddRow({{Printable(step.name())},
                  {Printable(step.stage())},
                  {FormatBindings(step.inputs())},
                  {FormatBindings(step.parameters())}});
  }
  return Heading(layout, "Steps") + table.Render(layout);
}

std::string RenderInputs(const v1::Pipeline& pipeline, const Layout& layout) {
  if (pipeline.inputs().empty()) return "";
  Table table({{"NAME"},
               {"TYPE"},
               {"DEFAULT", Align::kLeft, Overflow::kWrap},
               {"MEANING", Align::kLeft, Overflow::kWrap}},
              2);
  for (const v1::PipelineInput& input : pipeline.inputs()) {
    table.AddRow(
        {{Printable(input.name())},
         {std::string(ArtifactTypeName(input.type())), Tone::kFaint},
         {input.default_uri().empty() ? "required"
                                      : Printable(input.default_uri())},
         {Printable(input.documentation())}});
  }
  return Heading(layout, "Inputs") + table.Render(layout);
}

std::string RenderOutputs(const v1::Pipeline& pipeline, const Layout& layout) {
  if (pipeline.outputs().empty()) return "";
  Table table({{"NAME"}, {"FROM"}, {"MEANING", Align::kLeft, Overflow::kWrap}},
              2);
  for (const v1::PipelineOutput& output : pipeline.outputs()) {
    table.AddRow({{Printable(output.name())},
                  {Printable(absl::StrCat("steps.", output.source().step(), ".",
                                          output.source().output()))},
                  {Printable(output.documentation())}});
  }
  return Heading(layout, "Outputs") + table.Render(layout);
}

}  // namespace

std::string RenderStageList(absl::Span<const v1::StageStatus> stages,
                            const Layout& layout) {
  Table table({{"STAGE"},
               {"VERSION"},
               {"SERVING", Align::kRight},
               {"BUSY", Align::kRight},
               {"WAITING", Align::kRight},
               {"MEANING", Align::kLeft, Overflow::kCut}});
  for (const v1::StageStatus& stage : stages) {
    const SlotCount count = CountSlots(stage);
    const Tone tone = count.serving > 0 ? Tone::kGood : Tone::kBad;
    table.AddRow(
        {{Printable(stage.name())},
         {stage.has_description() ? Printable(stage.description().version())
                                  : "-"},
         {absl::StrCat(count.serving, "/", stage.replicas_size()), tone},
         {absl::StrCat(count.used, "/", count.slots)},
         {absl::StrCat(stage.steps_waiting())},
         {Printable(stage.description().documentation())}});
  }
  return table.Render(layout);
}

std::string RenderStage(const v1::StageStatus& stage, const Layout& layout) {
  const v1::StageDescription& description = stage.description();
  std::string text =
      absl::StrCat(Paint(layout, Tone::kStrong, Printable(stage.name())), " ",
                   Printable(description.version()), "\n");
  if (stage.has_description()) {
    absl::StrAppend(
        &text, Documentation(description.documentation(), layout),
        RenderParameters(description.parameters(), layout),
        RenderArtifactSpecs("Inputs", description.inputs(), layout),
        RenderArtifactSpecs("Outputs", description.outputs(), layout));
  }
  return text + RenderReplicas(stage, layout);
}

std::string RenderPipelineList(absl::Span<const v1::Pipeline> pipelines,
                               const Layout& layout) {
  Table table({{"PIPELINE"},
               {"VERSION", Align::kRight},
               {"STEPS", Align::kLeft, Overflow::kCut},
               {"MEANING", Align::kLeft, Overflow::kCut}});
  for (const v1::Pipeline& pipeline : pipelines) {
    std::vector<std::string> steps;
    for (const v1::PipelineStep& step : pipeline.steps()) {
      steps.push_back(step.name());
    }
    const std::string& text = pipeline.documentation();
    table.AddRow({{Printable(pipeline.name())},
                  {absl::StrCat(pipeline.version())},
                  {Printable(absl::StrJoin(steps, " → ")), Tone::kFaint},
                  {Printable(text.substr(0, text.find('\n')))}});
  }
  return table.Render(layout);
}

std::string RenderPipeline(const v1::Pipeline& pipeline, const Layout& layout) {
  std::string text =
      absl::StrCat(Paint(layout, Tone::kStrong, Printable(pipeline.name())),
                   " version ", pipeline.version(), "\n");
  if (!pipeline.documentation().empty()) {
    absl::StrAppend(&text, Documentation(pipeline.documentation(), layout));
  }
  absl::StrAppend(&text, RenderParameters(pipeline.parameters(), layout),
                  RenderInputs(pipeline, layout), RenderSteps(pipeline, layout),
                  RenderOutputs(pipeline, layout));
  return text;
}

std::string RenderArtifactList(absl::Span<const v1::RecordedArtifact> artifacts,
                               const Layout& layout) {
  Table table(
      {{"STEP"}, {"ARTIFACT"}, {"SHAPE"}, {"SIZE", Align::kRight}, {"URI"}});
  for (const v1::RecordedArtifact& recorded : artifacts) {
    const v1::Artifact& artifact = recorded.artifact();
    table.AddRow({{Printable(recorded.step())},
                  {Printable(artifact.name())},
                  {ArtifactKindText(artifact), Tone::kFaint},
                  {BytesText(artifact.size_bytes())},
                  {Printable(artifact.uri())}});
  }
  return table.Render(layout);
}

std::string RenderArtifact(const v1::Artifact& artifact, const Layout& layout) {
  Table table({{""}, {""}});
  const auto add = [&table](absl::string_view name, std::string value) {
    if (value.empty()) return;
    table.AddRow({{std::string(name), Tone::kFaint}, {std::move(value)}});
  };
  add("artifact", Printable(artifact.name()));
  add("uri", Printable(artifact.uri()));
  add("type", std::string(ArtifactTypeName(artifact.type())));
  add("size", BytesText(artifact.size_bytes()));
  add("sha256", Printable(artifact.sha256()));
  const std::map<std::string, std::string> sorted(artifact.metadata().begin(),
                                                  artifact.metadata().end());
  for (const auto& [name, value] : sorted) {
    add(Printable(name), Printable(value));
  }
  return table.Render(layout);
}

}  // namespace stagecoach
