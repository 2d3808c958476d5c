#include "services/prepare/features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::Status NoFeature(int64_t row, const ColumnScaling& column, float value) {
  const bool no_logarithm = column.log && value <= 0;
  return absl::FailedPreconditionError(absl::StrCat(
      "row ", row + 1, ", column \"", column.name, "\": ", value,
      no_logarithm ? " has no logarithm; parameter 'log' needs values above 0"
                   : " is scaled beyond a 32-bit float; it is far from what "
                     "was trained on"));
}

// What a column is scaled by.
struct Spread {
  double mean = 0;
  double deviation = 0;
  double minimum = 0;
  double maximum = 0;
};

// Two passes: the one with squares alone loses digits when the mean is large.
Spread SpreadOf(absl::Span<const double> values) {
  Spread spread;
  spread.minimum = values.front();
  spread.maximum = values.front();
  for (const double value : values) {
    spread.mean += value;
    spread.minimum = std::min(spread.minimum, value);
    spread.maximum = std::max(spread.maximum, value);
  }
  const auto count = static_cast<double>(values.size());
  spread.mean /= count;
  double squares = 0;
  for (const double value : values) {
    squares += (value - spread.mean) * (value - spread.mean);
  }
  spread.deviation = std::sqrt(squares / count);
  return spread;
}

void SetScale(ScalingKind kind, const Spread& spread, ColumnScaling& column) {
  if (kind == ScalingKind::kNone) return;
  const bool standard = kind == ScalingKind::kStandard;
  column.offset = standard ? spread.mean : spread.minimum;
  // Equal values may deviate from their mean by rounding.
  if (spread.minimum == spread.maximum) return;
  column.scale = standard ? spread.deviation : spread.maximum - spread.minimum;
}

}  // namespace

absl::StatusOr<std::vector<ColumnScaling>> FitScaling(
    absl::Span<const float> train, absl::Span<const std::string> columns,
    ScalingKind kind, bool log) {
  std::vector<ColumnScaling> scalings;
  const size_t width = columns.size();
  std::vector<double> values(train.size() / width);
  for (size_t c = 0; c < width; ++c) {
    ColumnScaling column = {columns[c], log};
    for (size_t row = 0; row < values.size(); ++row) {
      const float value = train[row * width + c];
      values[row] = column.ToFeature(value);
      if (!std::isfinite(values[row])) {
        return NoFeature(static_cast<int64_t>(row), column, value);
      }
    }
    SetScale(kind, SpreadOf(values), column);
    scalings.push_back(std::move(column));
  }
  return scalings;
}

absl::StatusOr<Features> MakeFeatures(const Rows& rows, const Scaler& scaler) {
  const size_t width = scaler.columns.size();
  const size_t count = rows.values.size() / width;
  const auto numbers = static_cast<size_t>(scaler.features());
  Features result;
  result.features.resize(count * numbers);
  result.targets.resize(count);
  for (size_t row = 0; row < count; ++row) {
    const absl::Span<float> features =
        absl::MakeSpan(result.features).subspan(row * numbers, numbers);
    for (size_t c = 0; c < width; ++c) {
      const float value = rows.values[row * width + c];
      features[c] = static_cast<float>(scaler.columns[c].ToFeature(value));
      if (!std::isfinite(features[c])) {
        return NoFeature(static_cast<int64_t>(row), scaler.columns[c], value);
      }
    }
    result.targets[row] = features[scaler.target];
    if (scaler.calendar.empty()) continue;
    WriteCalendarValues(scaler.calendar, rows.timestamps[row],
                        features.subspan(width));
  }
  return result;
}

bool IsIdentity(const Scaler& scaler) {
  return scaler.kind == ScalingKind::kNone && scaler.columns.size() == 1 &&
         !scaler.columns.front().log && scaler.calendar.empty();
}

}  // namespace stagecoach
