// How a training went, drawn.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_CURVES_H_
#define ORCHESTRATOR_CLI_RENDER_CURVES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/history.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

// The evaluations of a history over its epochs, e.g. the error on training and
// on test data. Empty with fewer than two evaluations, or without epochs.
std::string RenderEvaluationCurves(const History& history,
                                   const Layout& layout);

// The loss of every epoch, of training and validation data, in a history:
// `{"loss": [54533, 51555, …], "validation_loss": […], …}`. Empty if `json` is
// none, or has fewer than two epochs.
std::string RenderLossCurve(absl::string_view json, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_CURVES_H_
