// A stage's progress report in words and as a bar.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_PROGRESS_H_
#define ORCHESTRATOR_CLI_RENDER_PROGRESS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/map.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// A bar of `width` columns (>= 1), `fraction` (held to 0 to 1) of it filled.
Line ProgressBar(double fraction, int width);

// `epoch 52/100`, `row 1200`, `37 %`; empty if nothing is known.
std::string UnitsText(const v1::Progress& progress);

// Values by name with `significant` digits: `loss 34211`; those for training
// and test data together: `rmse 190.2/380.1`. `loss` comes first, then by name.
std::vector<std::string> MetricsText(
    const google::protobuf::Map<std::string, double>& metrics,
    int significant = 4);

// Everything about a running attempt in one line of at most `width` columns
// (0: no limit): bar, units, time left, metrics, message. The bar shrinks
// first; then what does not fit is left out whole, least important first.
// Parts that change keep their width, so that the line stands still.
Line ProgressLine(const v1::Progress& progress, absl::Duration elapsed,
                  int width);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_PROGRESS_H_
