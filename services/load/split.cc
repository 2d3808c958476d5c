#include "services/load/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/base/status_macros.h"
#include "services/load/timestamp.h"

namespace stagecoach {
namespace {

absl::Status CheckPart(absl::string_view part, int64_t size, int64_t count,
                       const std::string& rule, int64_t lookback) {
  if (size > lookback) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      rule, " of ", count, " values leaves ", std::max<int64_t>(size, 0),
      " for the ", part, " part; lookback ", lookback, " needs at least ",
      lookback + 1));
}

// `proportion 0.7`, as messages call the rule.
std::string RuleText(const SplitRule& rule) {
  if (rule.date.has_value()) {
    return absl::StrCat("split_date ", TimestampText(*rule.date));
  }
  if (rule.test_rows.has_value()) {
    return absl::StrCat("test_rows ", *rule.test_rows);
  }
  return absl::StrCat("proportion ", rule.proportion);
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

absl::StatusOr<Split> SplitSeries(const Series& series, const SplitRule& rule,
                                  int64_t lookback) {
  const int64_t rows = series.rows();
  Split split;
  if (rule.date.has_value()) {
    if (series.timestamps.empty()) {
      return absl::FailedPreconditionError(
          "parameter 'split_date' needs timestamps; choose their column with "
          "'timestamp_column'");
    }
    split.train = std::lower_bound(series.timestamps.begin(),
                                   series.timestamps.end(), *rule.date) -
                  series.timestamps.begin();
  } else if (rule.test_rows.has_value()) {
    split.train = rows - *rule.test_rows;
  } else {
    split.train = FloorOfProduct(rule.proportion, rows);
  }
  split.test = rows - split.train;
  const std::string text = RuleText(rule);
  SC_RETURN_IF_ERROR(CheckPart("training", split.train, rows, text, lookback));
  SC_RETURN_IF_ERROR(CheckPart("test", split.test, rows, text, lookback));
  return split;
}

}  // namespace stagecoach
