// Names for the completion of command lines, from the orchestrator.

#ifndef ORCHESTRATOR_CLI_VERBS_COMPLETION_NAMES_H_
#define ORCHESTRATOR_CLI_VERBS_COMPLETION_NAMES_H_

#include <string>
#include <vector>

#include "orchestrator/cli/complete.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {

// As NameSource. Whoever presses a key does not wait: after half a second, or
// an error, there are none.
std::vector<Candidate> CompletionNames(Context& context, NameKind kind,
                                       const std::string& owner);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_COMPLETION_NAMES_H_
