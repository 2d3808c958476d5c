// Results for programs.

#ifndef ORCHESTRATOR_CLI_JSON_H_
#define ORCHESTRATOR_CLI_JSON_H_

#include <string>

#include "google/protobuf/message.h"

namespace stagecoach {

// The message as protobuf JSON with the field names of the .proto files
// (`run_id`, not `runId`), on several lines, ended by a line feed. Fields at
// their default are there too, so that a script can rely on them; 64-bit
// integers are strings, as protobuf JSON has it.
std::string ToJson(const google::protobuf::Message& message);

// The same on one line.
std::string ToJsonLine(const google::protobuf::Message& message);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_JSON_H_
