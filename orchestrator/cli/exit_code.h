// How the command ends.

#ifndef ORCHESTRATOR_CLI_EXIT_CODE_H_
#define ORCHESTRATOR_CLI_EXIT_CODE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Scripts depend on these numbers; they never change.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,         // the run or the request failed
  kUsage = 2,          // the command line is wrong; nothing was done
  kNotReachable = 3,   // the orchestrator was not reached
  kInterrupted = 130,  // Ctrl-C
};

// An INVALID_ARGUMENT about the command line itself.
absl::Status UsageError(absl::string_view message);

// The same error, marked as one about the command line.
absl::Status AsUsageError(const absl::Status& status);

// The code for a verb that ended with `status`.
ExitCode ExitCodeFor(const absl::Status& status);

// The line that tells of it, without line feed: the message, and the code
// where it says something.
std::string ErrorLine(const absl::Status& status);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_EXIT_CODE_H_
