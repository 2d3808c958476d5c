#include "services/common/contract/execution_id.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/names.h"

namespace stagecoach {
namespace {

// Two parts of 128 characters, a number and two slashes.
constexpr size_t kMaxLength = 270;

absl::StatusOr<int32_t> ParseAttempt(absl::string_view text) {
  int32_t attempt = 0;
  if (!absl::SimpleAtoi(text, &attempt) || attempt < 1 ||
      absl::StrCat(attempt) != text) {
    return absl::InvalidArgumentError(
        absl::StrCat("attempt of execution_id is '", absl::CHexEscape(text),
                     "'; it must be a whole number, at least 1"));
  }
  return attempt;
}

}  // namespace

absl::StatusOr<ExecutionId> ParseExecutionId(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() != 3 || text.size() > kMaxLength) {
    return absl::InvalidArgumentError(absl::StrCat(
        "execution_id is '", absl::CHexEscape(text.substr(0, kMaxLength)),
        "'; it must be <run>/<step>/<attempt>, for example "
        "airline-7k2m9q/train/1"));
  }
  SC_RETURN_IF_ERROR(CheckIdPart("run of execution_id", parts[0]));
  SC_RETURN_IF_ERROR(CheckIdPart("step of execution_id", parts[1]));
  SC_ASSIGN_OR_RETURN(const int32_t attempt, ParseAttempt(parts[2]));
  return ExecutionId{std::string(parts[0]), std::string(parts[1]), attempt};
}

std::string FormatExecutionId(const ExecutionId& id) {
  return absl::StrCat(id.run, "/", id.step, "/", id.attempt);
}

}  // namespace stagecoach
