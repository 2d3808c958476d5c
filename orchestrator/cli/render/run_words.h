// States and error codes as words, symbols and tones.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_RUN_WORDS_H_
#define ORCHESTRATOR_CLI_RENDER_RUN_WORDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The state's name in lower case with spaces: `succeeded`, `backing off`.
std::string StateWord(v1::RunState state);
std::string StateWord(v1::StepState state);
std::string StateWord(v1::AttemptState state);

Tone StateTone(v1::RunState state);
Tone StateTone(v1::StepState state);
Tone StateTone(v1::AttemptState state);

// The state as a span in its tone.
template <typename State>
Span StateSpan(State state) {
  return {StateWord(state), StateTone(state)};
}

// One column: `✓`, `✗`, `●`, `○`, …
absl::string_view StateSymbol(v1::StepState state);

// `INVALID_ARGUMENT`.
std::string ErrorCodeWord(v1::ErrorCode code);
// `INVALID_ARGUMENT: epochs is -1, …`, Printable.
std::string ErrorText(const v1::Error& error);

// Words that a run's state may be named by, in the order of the enum, and back.
std::vector<std::string> RunStateWords();
std::optional<v1::RunState> ParseRunState(absl::string_view word);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_RUN_WORDS_H_
