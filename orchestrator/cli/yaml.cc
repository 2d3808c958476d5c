#include "orchestrator/cli/yaml.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "yaml-cpp/emitter.h"
#include "yaml-cpp/emittermanip.h"

namespace stagecoach {
namespace {

// What a reader of YAML 1.1 or 1.2 takes for something else than text.
constexpr absl::string_view kWords[] = {"true", "false", "yes", "no",   "on",
                                        "off",  "y",     "n",   "null", "nan"};

// yaml-cpp quotes what would break the syntax, not what would change its type:
// text that may be a number, a time or a truth value.
bool NeedsQuotes(const std::string& text) {
  if (text.empty() || !absl::ascii_isalpha(text.front())) return true;
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&text](absl::string_view word) {
                       return absl::EqualsIgnoreCase(text, word);
                     });
}

void EmitText(const std::string& text, YAML::Emitter& emitter) {
  if (NeedsQuotes(text)) emitter << YAML::DoubleQuoted;
  emitter << text;
}

void Emit(const nlohmann::ordered_json& value, YAML::Emitter& emitter) {
  if (value.is_object()) {
    emitter << YAML::BeginMap;
    for (const auto& [key, field] : value.items()) {
      emitter << YAML::Key;
      EmitText(key, emitter);
      emitter << YAML::Value;
      Emit(field, emitter);
    }
    emitter << YAML::EndMap;
  } else if (value.is_array()) {
    emitter << YAML::BeginSeq;
    for (const nlohmann::ordered_json& item : value) Emit(item, emitter);
    emitter << YAML::EndSeq;
  } else if (value.is_string()) {
    EmitText(value.get<std::string>(), emitter);
  } else if (value.is_null()) {
    emitter << YAML::Null;
  } else {
    emitter << value.dump();
  }
}

}  // namespace

std::string ToYaml(const nlohmann::ordered_json& document) {
  YAML::Emitter emitter;
  Emit(document, emitter);
  return std::string(emitter.c_str(), emitter.size()) + "\n";
}

}  // namespace stagecoach
