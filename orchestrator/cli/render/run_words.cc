#include "orchestrator/cli/render/run_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

std::string Word(absl::string_view name, absl::string_view prefix) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(absl::StripPrefix(name, prefix)), {{"_", " "}});
}

}  // namespace

std::string StateWord(v1::RunState state) {
  return Word(v1::RunState_Name(state), "RUN_STATE_");
}

std::string StateWord(v1::StepState state) {
  return Word(v1::StepState_Name(state), "STEP_STATE_");
}

std::string StateWord(v1::AttemptState state) {
  return Word(v1::AttemptState_Name(state), "ATTEMPT_STATE_");
}

Tone StateTone(v1::RunState state) {
  switch (state) {
    case v1::RUN_STATE_SUCCEEDED:
      return Tone::kGood;
    case v1::RUN_STATE_FAILED:
      return Tone::kBad;
    case v1::RUN_STATE_RUNNING:
      return Tone::kBusy;
    case v1::RUN_STATE_STOPPING:
    case v1::RUN_STATE_CANCELLED:
    case v1::RUN_STATE_PAUSED:
      return Tone::kWarning;
    default:
      return Tone::kFaint;
  }
}

Tone StateTone(v1::StepState state) {
  switch (state) {
    case v1::STEP_STATE_SUCCEEDED:
      return Tone::kGood;
    case v1::STEP_STATE_FAILED:
      return Tone::kBad;
    case v1::STEP_STATE_RUNNING:
      return Tone::kBusy;
    case v1::STEP_STATE_BACKING_OFF:
    case v1::STEP_STATE_CANCELLED:
      return Tone::kWarning;
    default:
      return Tone::kFaint;
  }
}

Tone StateTone(v1::AttemptState state) {
  switch (state) {
    case v1::ATTEMPT_STATE_SUCCEEDED:
      return Tone::kGood;
    case v1::ATTEMPT_STATE_FAILED:
      return Tone::kBad;
    case v1::ATTEMPT_STATE_RUNNING:
      return Tone::kBusy;
    default:
      return Tone::kWarning;
  }
}

absl::string_view StateSymbol(v1::StepState state) {
  switch (state) {
    case v1::STEP_STATE_SUCCEEDED:
      return "✓";
    case v1::STEP_STATE_FAILED:
      return "✗";
    case v1::STEP_STATE_RUNNING:
      return "●";
    case v1::STEP_STATE_BACKING_OFF:
      return "↻";
    case v1::STEP_STATE_CANCELLED:
    case v1::STEP_STATE_SKIPPED:
      return "–";
    default:
      return "○";
  }
}

std::string ErrorCodeWord(v1::ErrorCode code) {
  return std::string(
      absl::StripPrefix(v1::ErrorCode_Name(code), "ERROR_CODE_"));
}

std::string ErrorText(const v1::Error& error) {
  return Printable(
      absl::StrCat(ErrorCodeWord(error.code()), ": ", error.message()));
}

std::vector<std::string> RunStateWords() {
  std::vector<std::string> words;
  for (int state = v1::RUN_STATE_PENDING; state <= v1::RunState_MAX; ++state) {
    words.push_back(StateWord(static_cast<v1::RunState>(state)));
  }
  return words;
}

std::optional<v1::RunState> ParseRunState(absl::string_view word) {
  v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
  const std::string name =
      absl::StrCat("RUN_STATE_", absl::AsciiStrToUpper(word));
  if (!v1::RunState_Parse(name, &state)) return std::nullopt;
  if (state == v1::RUN_STATE_UNSPECIFIED) return std::nullopt;
  return state;
}

}  // namespace stagecoach
