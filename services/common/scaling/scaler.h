// How the stage `prepare` made the features of a model out of a series: the
// artifact `scaler`, and the way back to the original units.
//
// A window has `lookback` rows of features: first each column of the series,
//   feature = ((log ? ln(value) : value) - offset) / scale,
// then the values of each calendar feature at the row's time. What follows a
// window is `horizon` values of the target column, scaled like it.

#ifndef SERVICES_COMMON_SCALING_SCALER_H_
#define SERVICES_COMMON_SCALING_SCALER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/scaling/calendar.h"
#include "services/common/scaling/frequency.h"

namespace stagecoach {

// What `offset` and `scale` were fitted as, on the training part alone.
enum class ScalingKind {
  kNone,      // 0 and 1
  kStandard,  // mean and standard deviation (of the population, as 1/n)
  kMinMax,    // minimum and range: features of the training part are 0 to 1
};

// `none`, `standard`, `minmax`.
absl::string_view ScalingKindName(ScalingKind kind);
// INVALID_ARGUMENT with the nearest name.
absl::StatusOr<ScalingKind> ParseScalingKind(absl::string_view name);

struct ColumnScaling {
  // As in the source; unique among the columns of a scaler.
  std::string name;
  // Whether the natural logarithm was taken first.
  bool log = false;
  double offset = 0;
  // Not 0.
  double scale = 1;

  // -infinity or NaN for a value that has no logarithm, if one is taken.
  double ToFeature(double value) const;
  double ToValue(double feature) const;

  friend bool operator==(const ColumnScaling&, const ColumnScaling&) = default;
};

struct Scaler {
  ScalingKind kind = ScalingKind::kNone;
  // In the order of the features, at least one.
  std::vector<ColumnScaling> columns;
  // Index in `columns` of the one that is forecast.
  int64_t target = 0;
  std::vector<CalendarFeature> calendar;
  // Rows in a window, values after it, rows from one window to the next.
  int64_t lookback = 1;
  int64_t horizon = 1;
  int64_t stride = 1;
  // Of the rows; kNone if the series came without timestamps.
  Frequency frequency;
  // Of the last row of the series; not set if it came without timestamps.
  std::optional<int64_t> last_timestamp;

  const ColumnScaling& target_column() const { return columns[target]; }
  // Numbers in a row of a window.
  int64_t features() const {
    return static_cast<int64_t>(columns.size()) +
           static_cast<int64_t>(calendar.size()) * kValuesPerCalendarFeature;
  }
  // When the k-th row after the last one is, k >= 1; nothing if timestamps or
  // a frequency are missing.
  std::optional<int64_t> FutureTimestamp(int64_t k) const;

  // INVALID_ARGUMENT naming the field that makes no sense.
  absl::Status Validate() const;

  friend bool operator==(const Scaler&, const Scaler&) = default;
};

// JSON of format version 1, indented, with a newline at the end. Numbers read
// back as the same doubles; the last timestamp is RFC 3339.
std::string FormatScaler(const Scaler& scaler);

// The inverse. Fields that it does not know are passed over.
//
// FAILED_PRECONDITION: no JSON, a format version other than 1, or a field that
// is missing, of the wrong type or makes no sense; the message names it.
absl::StatusOr<Scaler> ParseScaler(absl::string_view json);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_SCALING_SCALER_H_
