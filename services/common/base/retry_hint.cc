#include "services/common/base/retry_hint.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr char kPayload[] = "stagecoach/retry-after-ms";

}  // namespace

void SetRetryHint(absl::Status& status, absl::Duration wait) {
  status.SetPayload(kPayload,
                    absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(wait))));
}

absl::optional<absl::Duration> RetryHint(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int64_t milliseconds = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &milliseconds) ||
      milliseconds < 0) {
    return absl::nullopt;
  }
  return absl::Milliseconds(milliseconds);
}

}  // namespace stagecoach
