// Results for programs: the API's messages as JSON or YAML.

#ifndef ORCHESTRATOR_CLI_OUTPUT_H_
#define ORCHESTRATOR_CLI_OUTPUT_H_

#include <string>

#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/verb.h"

namespace stagecoach {

// The form of results: tables for people, the rest for programs.
enum class OutputFormat { kTable, kJson, kYaml };

// The form that was asked for with --output.
OutputFormat FormatOf(const Context& context);

// Whether results are for programs.
bool ForPrograms(const Context& context);

// Prints `message` (or `document`) on standard output in the form that was
// asked for with --output, and returns true; false if that is a table, which
// is the caller's to print.
bool PrintedForPrograms(Context& context,
                        const google::protobuf::Message& message);
bool PrintedForPrograms(Context& context,
                        const nlohmann::ordered_json& document);

// One of many messages: JSON on a line of its own, or a YAML document.
std::string OneOfMany(OutputFormat format,
                      const google::protobuf::Message& message);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_OUTPUT_H_
