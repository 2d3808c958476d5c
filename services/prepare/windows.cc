#include "services/prepare/windows.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Values copied between two questions to `stop`: a few milliseconds.
constexpr int64_t kValuesPerBlock = int64_t{1} << 22;

void CopyRows(const float* series, int64_t lookback, int64_t begin, int64_t end,
              float* x) {
  const size_t row_bytes = lookback * sizeof(float);
  for (int64_t row = begin; row < end; ++row) {
    std::memcpy(x + row * lookback, series + row, row_bytes);
  }
}

}  // namespace

absl::StatusOr<Windows> CutWindows(absl::Span<const float> series,
                                   int64_t lookback,
                                   const std::function<absl::Status()>& stop) {
  const auto length = static_cast<int64_t>(series.size());
  if (length <= lookback) {
    return absl::FailedPreconditionError(
        absl::StrCat("the series has ", length, " values; lookback ", lookback,
                     " needs at least ", lookback + 1));
  }
  Windows windows;
  windows.rows = length - lookback;
  windows.lookback = lookback;
  windows.y = series.subspan(lookback);
  // Not make_unique: the values need not be zero first, and there may be no
  // room for them.
  windows.x.reset(new (std::nothrow) float[windows.rows * lookback]);
  if (windows.x == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no memory for ", windows.rows, " windows of ", lookback, " values"));
  }
  const int64_t step = std::max<int64_t>(1, kValuesPerBlock / lookback);
  for (int64_t row = 0; row < windows.rows; row += step) {
    if (stop) SC_RETURN_IF_ERROR(stop());
    CopyRows(series.data(), lookback, row, std::min(row + step, windows.rows),
             windows.x.get());
  }
  return windows;
}

}  // namespace stagecoach
