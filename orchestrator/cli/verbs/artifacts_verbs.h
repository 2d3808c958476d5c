// The verbs under `artifacts`, each in a file of its name.

#ifndef ORCHESTRATOR_CLI_VERBS_ARTIFACTS_VERBS_H_
#define ORCHESTRATOR_CLI_VERBS_ARTIFACTS_VERBS_H_

#include "orchestrator/cli/verb.h"

namespace stagecoach {

Verb AddArtifactsListVerb(CLI::App& artifacts);
Verb AddArtifactsShowVerb(CLI::App& artifacts);
Verb AddArtifactsPullVerb(CLI::App& artifacts);
Verb AddArtifactsPushVerb(CLI::App& artifacts);
Verb AddArtifactsVerifyVerb(CLI::App& artifacts);
Verb AddArtifactsLineageVerb(CLI::App& artifacts);
Verb AddArtifactsPinVerb(CLI::App& artifacts);
Verb AddArtifactsUnpinVerb(CLI::App& artifacts);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_ARTIFACTS_VERBS_H_
