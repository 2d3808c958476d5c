#include "orchestrator/cli/exit_code.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/cli/client/orchestrator_client.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kUsage = "stagecoach/usage";

bool IsUsage(const absl::Status& status) {
  return status.GetPayload(kUsage).has_value();
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  return AsUsageError(absl::InvalidArgumentError(message));
}

absl::Status AsUsageError(const absl::Status& status) {
  absl::Status marked = status;
  marked.SetPayload(kUsage, absl::Cord("1"));
  return marked;
}

ExitCode ExitCodeFor(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  if (IsUsage(status)) return ExitCode::kUsage;
  if (IsNotReachable(status)) return ExitCode::kNotReachable;
  // Nobody but the keyboard cancels a verb.
  if (absl::IsCancelled(status)) return ExitCode::kInterrupted;
  return ExitCode::kFailed;
}

std::string ErrorLine(const absl::Status& status) {
  if (IsUsage(status) || IsNotReachable(status)) {
    return std::string(status.message());
  }
  return absl::StrCat(status.message(), " [",
                      absl::StatusCodeToString(status.code()), "]");
}

}  // namespace stagecoach
