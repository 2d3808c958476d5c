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

// Not make_unique: the values need not be zero first, and there may be no room
// for them.
std::unique_ptr<float[]> Allocate(int64_t count) {
  return std::unique_ptr<float[]>(new (std::nothrow) float[count]);
}

absl::Status TooShort(int64_t length, const WindowShape& shape) {
  const std::string needs =
      shape.horizon == 1
          ? absl::StrCat("lookback ", shape.lookback, " needs")
          : absl::StrCat("lookback ", shape.lookback, " and horizon ",
                         shape.horizon, " need");
  return absl::FailedPreconditionError(
      absl::StrCat("the series has ", length, " values; ", needs, " at least ",
                   shape.lookback + shape.horizon));
}

// Copies `count` numbers for each row from `begin` to `end`: those at `step`
// times the row's number.
void CopyRows(const float* source, int64_t step, int64_t count, int64_t begin,
              int64_t end, float* target) {
  for (int64_t row = begin; row < end; ++row) {
    std::memcpy(target + row * count, source + row * step,
                count * sizeof(float));
  }
}

}  // namespace

absl::StatusOr<Windows> CutWindows(absl::Span<const float> features,
                                   absl::Span<const float> targets,
                                   const WindowShape& shape,
                                   const std::function<absl::Status()>& stop) {
  const auto length = static_cast<int64_t>(targets.size());
  const int64_t spare = length - shape.lookback - shape.horizon;
  if (spare < 0) return TooShort(length, shape);
  Windows windows;
  windows.rows = spare / shape.stride + 1;
  const int64_t numbers = shape.lookback * shape.features;
  windows.x = Allocate(windows.rows * numbers);
  const bool copies_y = shape.horizon > 1 || shape.stride > 1;
  if (copies_y) windows.y_copy = Allocate(windows.rows * shape.horizon);
  if (windows.x == nullptr || (copies_y && windows.y_copy == nullptr)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no memory for ", windows.rows, " windows of ", numbers, " values"));
  }
  const float* const after = targets.data() + shape.lookback;
  windows.y = copies_y ? absl::MakeConstSpan(windows.y_copy.get(),
                                             windows.rows * shape.horizon)
                       : targets.subspan(shape.lookback);
  const int64_t block =
      std::max<int64_t>(1, kValuesPerBlock / (numbers + shape.horizon));
  for (int64_t row = 0; row < windows.rows; row += block) {
    if (stop) SC_RETURN_IF_ERROR(stop());
    const int64_t end = std::min(row + block, windows.rows);
    CopyRows(features.data(), shape.stride * shape.features, numbers, row, end,
             windows.x.get());
    if (!copies_y) continue;
    CopyRows(after, shape.stride, shape.horizon, row, end,
             windows.y_copy.get());
  }
  return windows;
}

}  // namespace stagecoach
