// Cuts a series into overlapping windows and the values that follow each.

#ifndef SERVICES_PREPARE_WINDOWS_H_
#define SERVICES_PREPARE_WINDOWS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace stagecoach {

// All >= 1.
struct WindowShape {
  int64_t lookback = 1;  // rows in a window
  int64_t horizon = 1;   // values after it
  int64_t stride = 1;    // rows from one window to the next
  int64_t features = 1;  // numbers in a row
};

// Windows over n rows: number i starts at row s = i x stride and holds the
// features of rows s to s+lookback-1; its y are the targets of the `horizon`
// rows after it. As many as there is room for.
struct Windows {
  int64_t rows = 0;
  // rows x lookback x features numbers.
  std::unique_ptr<float[]> x;
  // rows x horizon values. With a horizon and stride of 1 they are a part of
  // the targets themselves, which must outlive this.
  absl::Span<const float> y;
  std::unique_ptr<float[]> y_copy;
};

// Cuts `features` (n x shape.features numbers) and `targets` (n values).
// `stop`, if set, is asked every few million values; a status that is not OK
// ends the cutting and is returned.
//
// FAILED_PRECONDITION with the numbers: there is no room for one window and
//   what follows it.
// RESOURCE_EXHAUSTED: the windows need more memory than there is.
absl::StatusOr<Windows> CutWindows(
    absl::Span<const float> features, absl::Span<const float> targets,
    const WindowShape& shape,
    const std::function<absl::Status()>& stop = nullptr);

}  // namespace stagecoach

#endif  // SERVICES_PREPARE_WINDOWS_H_
