// The command line: parses it, does the verb, tells of errors.

#ifndef ORCHESTRATOR_CLI_APP_H_
#define ORCHESTRATOR_CLI_APP_H_

#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {

// Runs `stagecoach ARGUMENTS…` (without the program's name). What the command
// line says is written into `context.options` first.
ExitCode RunCommandLine(const std::vector<std::string>& arguments,
                        Context& context);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_APP_H_
