// The verbs under `runs`, each in a file of its name.

#ifndef ORCHESTRATOR_CLI_VERBS_RUNS_VERBS_H_
#define ORCHESTRATOR_CLI_VERBS_RUNS_VERBS_H_

#include "orchestrator/cli/verb.h"

namespace stagecoach {

Verb AddCompareVerb(CLI::App& runs);
Verb AddExplainVerb(CLI::App& runs);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_RUNS_VERBS_H_
