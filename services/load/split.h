// Splits a series into a training part and the test part that follows it.

#ifndef SERVICES_LOAD_SPLIT_H_
#define SERVICES_LOAD_SPLIT_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace stagecoach {

struct Split {
  int64_t train = 0;  // values from the start
  int64_t test = 0;   // values after them
};

// The greatest whole number not above `proportion` x `count`, both >= 0, as
// the decimal number that `proportion` was written as: 0.29 x 100 is 29,
// although the double next to 0.29 gives 28.999999999999996.
int64_t FloorOfProduct(double proportion, int64_t count);

// Splits `count` values; `proportion`, within (0, 1), of them are for
// training.
//
// FAILED_PRECONDITION with the numbers: a part would have no more than
//   `lookback` values, too few for one window and the value after it.
absl::StatusOr<Split> SplitByProportion(int64_t count, double proportion,
                                        int64_t lookback);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_SPLIT_H_
