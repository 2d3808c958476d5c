// Cuts a series into overlapping windows and the value that follows each.

#ifndef SERVICES_PREPARE_WINDOWS_H_
#define SERVICES_PREPARE_WINDOWS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace stagecoach {

// Windows over one series v of n values with lookback k: row i of `x` is
// v[i] .. v[i+k-1], and y[i] is v[i+k], for i from 0 to n-k-1.
struct Windows {
  int64_t rows = 0;      // n - k
  int64_t lookback = 0;  // k
  // rows x lookback values, row by row.
  std::unique_ptr<float[]> x;
  // rows values: a part of the series itself, which must outlive this.
  absl::Span<const float> y;

  absl::Span<const float> x_values() const {
    return {x.get(), static_cast<size_t>(rows * lookback)};
  }
};

// Cuts `series`; lookback >= 1. `stop`, if set, is asked every few million
// values; a status that is not OK ends the cutting and is returned.
//
// FAILED_PRECONDITION with the numbers: the series has no more than `lookback`
//   values.
// RESOURCE_EXHAUSTED: the windows need more memory than there is.
absl::StatusOr<Windows> CutWindows(
    absl::Span<const float> series, int64_t lookback,
    const std::function<absl::Status()>& stop = nullptr);

}  // namespace stagecoach

#endif  // SERVICES_PREPARE_WINDOWS_H_
