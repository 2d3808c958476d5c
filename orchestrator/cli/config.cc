#include "orchestrator/cli/config.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/exit_code.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/source_lines.h"
#include "orchestrator/pipeline/yaml_fields.h"
#include "orchestrator/pipeline/yaml_tree.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Whether there is nothing but comments: a file that waits to be filled.
bool IsBlank(absl::string_view yaml) {
  for (absl::string_view line : absl::StrSplit(yaml, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') return false;
  }
  return true;
}

std::string UnknownContext(const Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, context] : config.contexts) names.push_back(known);
  return absl::StrCat("there is no context '", name, "'",
                      NearestNameHint(name, names));
}

ConfigContext ReadContext(YamlMap& map) {
  ConfigContext context;
  map.CheckKeys({"server", "dir"});
  map.Text("server", context.server);
  map.Text("dir", context.cluster_folder);
  if (context.server.empty() == context.cluster_folder.empty()) {
    map.AddProblem("server", "is needed, or 'dir', and not both");
  }
  return context;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view yaml,
                                   absl::string_view file_name) {
  Config config;
  if (IsBlank(yaml)) return config;
  SC_ASSIGN_OR_RETURN(const YamlNode root, ReadYaml(yaml, file_name));
  SourceLines lines(file_name);
  Problems problems(lines);
  YamlMap document(root, "", lines, problems);
  document.CheckKeys({"current", "contexts"});
  document.Text("current", config.current);
  const YamlNode* contexts = document.Get("contexts");
  if (contexts != nullptr) {
    YamlMap names = document.Child("contexts", *contexts);
    for (const YamlField& field : contexts->fields) {
      YamlMap context = names.Child(field.key, field.value);
      if (context.is_map()) config.contexts[field.key] = ReadContext(context);
    }
  }
  if (!config.current.empty() && !config.contexts.contains(config.current)) {
    document.AddProblem("current", UnknownContext(config, config.current));
  }
  SC_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

absl::StatusOr<Config> ReadConfig(const std::string& path, bool required) {
  if (path.empty()) return Config();
  const absl::StatusOr<std::string> yaml = ReadFile(path);
  // A home that may not be entered, as many containers have it, holds none.
  const bool absent = absl::IsNotFound(yaml.status()) ||
                      absl::IsPermissionDenied(yaml.status());
  if (absent && !required) return Config();
  if (!yaml.ok()) return AsUsageError(yaml.status());
  absl::StatusOr<Config> config = ParseConfig(*yaml, path);
  if (config.ok()) return config;
  return AsUsageError(config.status());
}

absl::StatusOr<ConfigContext> FindContext(const Config& config,
                                          const std::string& name) {
  const auto context = config.contexts.find(name);
  if (context != config.contexts.end()) return context->second;
  return UsageError(UnknownContext(config, name));
}

}  // namespace stagecoach
