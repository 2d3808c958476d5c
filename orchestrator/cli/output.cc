#include "orchestrator/cli/output.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/yaml.h"

namespace stagecoach {
namespace {

using Json = nlohmann::ordered_json;

std::string YamlOf(const google::protobuf::Message& message) {
  return ToYaml(nlohmann::ordered_json::parse(ToJson(message), nullptr,
                                              /*allow_exceptions=*/false));
}

}  // namespace

OutputFormat FormatOf(const Context& context) {
  const std::string& word = context.options.format_word;
  if (word == "json") return OutputFormat::kJson;
  return word == "yaml" ? OutputFormat::kYaml : OutputFormat::kTable;
}

bool ForPrograms(const Context& context) {
  return FormatOf(context) != OutputFormat::kTable;
}

bool PrintedForPrograms(Context& context,
                        const google::protobuf::Message& message) {
  if (!ForPrograms(context)) return false;
  context.console.Out(FormatOf(context) == OutputFormat::kYaml
                          ? YamlOf(message)
                          : ToJson(message));
  return true;
}

bool PrintedForPrograms(Context& context,
                        const nlohmann::ordered_json& document) {
  if (!ForPrograms(context)) return false;
  context.console.Out(
      FormatOf(context) == OutputFormat::kYaml
          ? ToYaml(document)
          : document.dump(2, ' ', false, Json::error_handler_t::replace) +
                "\n");
  return true;
}

std::string OneOfMany(OutputFormat format,
                      const google::protobuf::Message& message) {
  if (format != OutputFormat::kYaml) return ToJsonLine(message);
  return absl::StrCat("---\n", YamlOf(message));
}

}  // namespace stagecoach
