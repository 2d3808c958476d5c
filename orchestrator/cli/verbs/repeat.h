// Repeats a call while the orchestrator is away.

#ifndef ORCHESTRATOR_CLI_VERBS_REPEAT_H_
#define ORCHESTRATOR_CLI_VERBS_REPEAT_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {

// Makes `call`, and makes it again while it ends as IsNotReachable or
// DEADLINE_EXCEEDED, for at most two minutes. For calls that may be repeated
// (that carry an idempotency key), after others have reached the orchestrator.
// CANCELLED: Ctrl-C. Otherwise what `call` ended with last.
absl::Status RepeatWhileAway(Context& context,
                             absl::FunctionRef<absl::Status()> call);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_REPEAT_H_
