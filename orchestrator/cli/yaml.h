// JSON documents as YAML.

#ifndef ORCHESTRATOR_CLI_YAML_H_
#define ORCHESTRATOR_CLI_YAML_H_

#include <string>

#include "nlohmann/json.hpp"

namespace stagecoach {

// The document as YAML that reads back as the same data, by YAML 1.1 and 1.2
// alike, ended by a line feed. Fields keep their order. Pure.
std::string ToYaml(const nlohmann::ordered_json& document);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_YAML_H_
