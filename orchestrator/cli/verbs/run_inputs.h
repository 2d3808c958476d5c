// What a run is given on the command line: `--set` and `--input`.
//
// Pure. Errors are usage errors (exit_code.h) in the server's words.

#ifndef ORCHESTRATOR_CLI_VERBS_RUN_INPUTS_H_
#define ORCHESTRATOR_CLI_VERBS_RUN_INPUTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The value that `text` stands for where `type` is wanted. A list is written
// with commas (`a,b`), an empty one as nothing. Other text in double quotes is
// always a string (`"5"`); text that is not of the type becomes the
// kind that it looks like, so that the check can say what it is.
v1::ParameterValue ParseParameterValue(v1::ParameterType type,
                                       absl::string_view text);

// Puts `settings` (each `name=value`) into the request, typed by the
// pipeline's specification, and checks them: unknown name (with the nearest),
// wrong type, out of range, given twice, required and missing.
absl::Status SetParameters(const v1::Pipeline& pipeline,
                           const std::vector<std::string>& settings,
                           v1::RunRequest& request);

// Puts `inputs` (each `name=URI`, or a path) into the request and checks the
// names: unknown (with the nearest), given twice, required and missing.
absl::Status SetInputs(const v1::Pipeline& pipeline,
                       const std::vector<std::string>& inputs,
                       v1::RunRequest& request);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_RUN_INPUTS_H_
