// Why the cache had the results of a run's steps, or not.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_EXPLANATION_H_
#define ORCHESTRATOR_CLI_RENDER_EXPLANATION_H_

#include <string>

#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// One line a step, and for each that missed the parts of its key that differ
// from the nearest earlier step.
std::string RenderExplanation(const v1::ExplainRunResponse& explanation,
                              const Layout& layout);

// `hit`, `miss`, `invalid`, `joined`, `bypassed`; empty if not said.
std::string CacheWord(v1::CacheOutcome outcome);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_EXPLANATION_H_
