#include "services/common/base/backoff.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {

absl::Status CheckBackoffOptions(const BackoffOptions& options) {
  if (options.initial <= absl::ZeroDuration() ||
      options.initial == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "initial backoff is ", absl::FormatDuration(options.initial),
        "; it must be more than 0 and finite"));
  }
  if (options.maximum < options.initial) {
    return absl::InvalidArgumentError(absl::StrCat(
        "maximum backoff is ", absl::FormatDuration(options.maximum),
        "; it must be at least the initial backoff, ",
        absl::FormatDuration(options.initial)));
  }
  if (!std::isfinite(options.multiplier) || options.multiplier < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("backoff multiplier is ", options.multiplier,
                     "; it must be at least 1 and finite"));
  }
  return absl::OkStatus();
}

absl::Duration BackoffDelay(const BackoffOptions& options, int failures,
                            double random) {
  // The power of many failures is infinite; multiplied with a Duration that
  // is InfiniteDuration, which the maximum cuts off.
  const double growth = std::pow(options.multiplier, std::max(failures, 1) - 1);
  const absl::Duration limit =
      std::min(options.maximum, options.initial * growth);
  return limit * random;
}

double RandomUnit() {
  thread_local absl::BitGen generator;
  return absl::Uniform<double>(generator, 0.0, 1.0);
}

Backoff::Backoff(BackoffOptions options, std::function<double()> random)
    : options_(options), random_(std::move(random)) {}

absl::Duration Backoff::Next() {
  if (failures_ < std::numeric_limits<int>::max()) ++failures_;
  return BackoffDelay(options_, failures_, random_());
}

}  // namespace stagecoach
