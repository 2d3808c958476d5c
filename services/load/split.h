// Splits a series into a training part and the test part that follows it.

#ifndef SERVICES_LOAD_SPLIT_H_
#define SERVICES_LOAD_SPLIT_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/load/series.h"

namespace stagecoach {

struct Split {
  int64_t train = 0;  // rows from the start
  int64_t test = 0;   // rows after them
};

// By the first of these that is set.
struct SplitRule {
  // When the test part starts: the first row at this time or later.
  std::optional<int64_t> date = std::nullopt;
  // Rows of the test part.
  std::optional<int64_t> test_rows = std::nullopt;
  // Part of the rows, within (0, 1), that are for training.
  double proportion = 0.7;
};

// The greatest whole number not above `proportion` x `count`, both >= 0, as
// the decimal number that `proportion` was written as: 0.29 x 100 is 29,
// although the double next to 0.29 gives 28.999999999999996.
int64_t FloorOfProduct(double proportion, int64_t count);

// FAILED_PRECONDITION with the numbers: a part would have no more than
//   `lookback` rows, too few for one window and the value after it; or a date
//   is given and the series has no timestamps.
absl::StatusOr<Split> SplitSeries(const Series& series, const SplitRule& rule,
                                  int64_t lookback);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_SPLIT_H_
