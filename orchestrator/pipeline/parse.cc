#include "orchestrator/pipeline/parse.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/pipeline/digest.h"
#include "orchestrator/pipeline/parse_parameter.h"
#include "orchestrator/pipeline/parse_step.h"
#include "orchestrator/pipeline/parse_values.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/references.h"
#include "orchestrator/pipeline/yaml_fields.h"
#include "orchestrator/pipeline/yaml_tree.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/names.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kApiVersion = "stagecoach/v1";
constexpr absl::string_view kKind = "Pipeline";

using CheckName = absl::Status (*)(absl::string_view, absl::string_view);

// Reads each part of the document into the pipeline.
class PipelineReader {
 public:
  PipelineReader(v1::Pipeline& pipeline, SourceLines& lines, Problems& problems)
      : pipeline_(pipeline), lines_(lines), problems_(problems) {}

  void Read(const YamlNode& root);

 private:
  void ReadHeader(YamlMap& document);
  void ReadMetadata(const YamlNode& node);
  void ReadSpec(const YamlNode& node);
  void ReadMaxConcurrentRuns(YamlMap& spec);
  void ReadParameter(YamlMap& item) {
    *pipeline_.add_parameters() = ReadParameterSpec(item, problems_);
  }
  void ReadInput(YamlMap& item);
  void ReadStep(YamlMap& item) {
    *pipeline_.add_steps() = ReadPipelineStep(item);
  }
  void ReadOutput(YamlMap& item);

  // Calls `read` for every element of list `key` of the specification.
  void ReadList(YamlMap& spec, absl::string_view key, CheckName check_name,
                void (PipelineReader::*read)(YamlMap&));

  v1::Pipeline& pipeline_;
  SourceLines& lines_;
  Problems& problems_;
};

std::string NameOf(const YamlNode& item) {
  const YamlField* name = item.Find("name");
  return name == nullptr ? "" : name->value.text;
}

// `spec.steps.train`, or `spec.steps[2]` if the element has no name.
std::string ItemPath(const std::string& list, const YamlNode& item,
                     int position) {
  const std::string name = NameOf(item);
  return name.empty() ? absl::StrCat(list, "[", position, "]")
                      : absl::StrCat(list, ".", name);
}

void PipelineReader::Read(const YamlNode& root) {
  YamlMap document(root, "", lines_, problems_);
  if (!document.is_map()) return;
  document.CheckKeys({"apiVersion", "kind", "metadata", "spec"});
  ReadHeader(document);
  for (const absl::string_view part : {"metadata", "spec"}) {
    const YamlNode* node = document.Get(part);
    if (node == nullptr) {
      document.AddProblem(part, "is missing");
    } else if (part == "metadata") {
      ReadMetadata(*node);
    } else {
      ReadSpec(*node);
    }
  }
}

void PipelineReader::ReadHeader(YamlMap& document) {
  constexpr std::pair<absl::string_view, absl::string_view> kHeader[] = {
      {"apiVersion", kApiVersion}, {"kind", kKind}};
  for (const auto& [key, wanted] : kHeader) {
    std::string found;
    document.RequiredText(key, found);
    if (!found.empty() && found != wanted) {
      document.AddProblem(
          key, absl::StrCat("must be ", wanted, ", not \"", found, "\""));
    }
  }
}

void PipelineReader::ReadMetadata(const YamlNode& node) {
  YamlMap metadata(node, "metadata", lines_, problems_);
  metadata.CheckKeys({"name", "documentation"});
  if (!metadata.is_map()) return;
  metadata.RequiredText("name", *pipeline_.mutable_name());
  metadata.Text("documentation", *pipeline_.mutable_documentation());
  if (pipeline_.name().empty()) return;
  const absl::Status status = CheckLowerCaseName("the name", pipeline_.name());
  if (!status.ok()) metadata.AddProblem("name", status.message());
}

void PipelineReader::ReadSpec(const YamlNode& node) {
  YamlMap spec(node, "spec", lines_, problems_);
  spec.CheckKeys({"timeout", "maxConcurrentRuns", "parameters", "inputs",
                  "steps", "outputs"});
  if (!spec.is_map()) return;
  absl::Duration timeout;
  if (spec.PositiveDuration("timeout", timeout)) {
    *pipeline_.mutable_timeout() = ToProtoDuration(timeout);
  }
  ReadMaxConcurrentRuns(spec);
  ReadList(spec, "parameters", CheckFieldName, &PipelineReader::ReadParameter);
  ReadList(spec, "inputs", CheckFieldName, &PipelineReader::ReadInput);
  ReadList(spec, "steps", CheckLowerCaseName, &PipelineReader::ReadStep);
  ReadList(spec, "outputs", CheckFieldName, &PipelineReader::ReadOutput);
  if (pipeline_.steps().empty()) {
    spec.AddProblem("steps", "at least one step is needed");
  }
}

void PipelineReader::ReadMaxConcurrentRuns(YamlMap& spec) {
  int64_t runs = 0;
  if (!spec.Integer("maxConcurrentRuns", runs)) return;
  if (runs >= 1 && runs <= std::numeric_limits<int32_t>::max()) {
    pipeline_.set_max_concurrent_runs(static_cast<int32_t>(runs));
    return;
  }
  spec.AddProblem("maxConcurrentRuns",
                  absl::StrCat("must be 1 or more, not ", runs,
                               "; leave it out for no limit"));
}

void PipelineReader::ReadList(YamlMap& spec, absl::string_view key,
                              CheckName check_name,
                              void (PipelineReader::*read)(YamlMap&)) {
  const std::string path = spec.PathOf(key);
  absl::flat_hash_set<std::string> names;
  int position = 0;
  spec.List(key, [&](const YamlNode& node) {
    const std::string item_path = ItemPath(path, node, position++);
    lines_.Add(item_path, node.line);
    YamlMap item(node, item_path, lines_, problems_);
    if (!item.is_map()) return;
    std::string name;
    item.RequiredText("name", name);
    if (!name.empty()) {
      const absl::Status status = check_name("the name", name);
      if (!status.ok()) item.AddProblem("name", status.message());
      if (!names.insert(name).second) {
        item.AddProblem("name", absl::StrCat("there are two called \"", name,
                                             "\" in ", path));
      }
    }
    (this->*read)(item);
  });
}

void PipelineReader::ReadInput(YamlMap& item) {
  item.CheckKeys({"name", "type", "default", "documentation"});
  v1::PipelineInput& input = *pipeline_.add_inputs();
  item.Text("name", *input.mutable_name());
  item.Text("default", *input.mutable_default_uri());
  item.Text("documentation", *input.mutable_documentation());
  std::string type;
  item.RequiredText("type", type);
  if (!type.empty()) {
    const absl::StatusOr<v1::ArtifactType> parsed = ParseArtifactType(type);
    if (parsed.ok()) {
      input.set_type(*parsed);
    } else {
      item.AddProblem("type", parsed.status().message());
    }
  }
  if (input.default_uri().empty()) return;
  const auto uri = ArtifactUri::Parse(input.default_uri());
  if (!uri.ok()) item.AddProblem("default", uri.status().message());
}

void PipelineReader::ReadOutput(YamlMap& item) {
  item.CheckKeys({"name", "from", "documentation"});
  v1::PipelineOutput& output = *pipeline_.add_outputs();
  item.Text("name", *output.mutable_name());
  item.Text("documentation", *output.mutable_documentation());
  const YamlNode* from = item.Get("from");
  if (from == nullptr) {
    item.AddProblem("from", "is missing");
    return;
  }
  const absl::StatusOr<v1::StepOutput> source = ParseStepOutput(*from);
  if (source.ok()) {
    *output.mutable_source() = *source;
  } else {
    item.AddProblem("from", source.status().message());
  }
}

}  // namespace

absl::StatusOr<ParsedPipeline> ParsePipelineWithLines(
    absl::string_view yaml, absl::string_view file_name) {
  SC_ASSIGN_OR_RETURN(const YamlNode root, ReadYaml(yaml, file_name));
  ParsedPipeline parsed;
  parsed.lines = SourceLines(file_name);
  Problems problems(parsed.lines);
  PipelineReader(parsed.pipeline, parsed.lines, problems).Read(root);
  // What could not be read would look as if it were missing.
  if (problems.empty()) CheckReferences(parsed.pipeline, problems);
  SC_RETURN_IF_ERROR(problems.ToStatus());
  SortSteps(parsed.pipeline);
  parsed.pipeline.set_digest(PipelineDigest(parsed.pipeline));
  return parsed;
}

absl::StatusOr<v1::Pipeline> ParsePipeline(absl::string_view yaml,
                                           absl::string_view file_name) {
  SC_ASSIGN_OR_RETURN(ParsedPipeline parsed,
                      ParsePipelineWithLines(yaml, file_name));
  return std::move(parsed.pipeline);
}

}  // namespace stagecoach
