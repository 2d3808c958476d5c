#include "services/load/split.h"

#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::Status CheckPart(absl::string_view part, int64_t size, int64_t count,
                       double proportion, int64_t lookback) {
  if (size > lookback) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("proportion ", proportion, " of ", count, " values leaves ",
                   size, " for the ", part, " part; lookback ", lookback,
                   " needs at least ", lookback + 1));
}

}  // namespace

int64_t FloorOfProduct(double proportion, int64_t count) {
  const double product = proportion * static_cast<double>(count);
  // Half a unit in the last place from writing `proportion` as a double, half
  // from the multiplication.
  const double error = product * std::numeric_limits<double>::epsilon();
  const double nearest = std::round(product);
  const bool is_whole = std::abs(product - nearest) <= error;
  return static_cast<int64_t>(is_whole ? nearest : std::floor(product));
}

absl::StatusOr<Split> SplitByProportion(int64_t count, double proportion,
                                        int64_t lookback) {
  Split split;
  split.train = FloorOfProduct(proportion, count);
  split.test = count - split.train;
  SC_RETURN_IF_ERROR(
      CheckPart("training", split.train, count, proportion, lookback));
  SC_RETURN_IF_ERROR(
      CheckPart("test", split.test, count, proportion, lookback));
  return split;
}

}  // namespace stagecoach
