#include "services/common/scaling/scaler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kKindNames[] = {"none", "standard", "minmax"};
// Far beyond any real one; keeps arithmetic with it from overflowing.
constexpr int64_t kMostUnits = int64_t{1} << 40;

absl::Status Wrong(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", field, "' ", why));
}

absl::Status CheckColumns(const std::vector<ColumnScaling>& columns) {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    const ColumnScaling& column = columns[i];
    const std::string field = absl::StrCat("columns[", i, "]");
    if (!std::isfinite(column.offset)) {
      return Wrong(field + ".offset", "is not finite");
    }
    if (!std::isfinite(column.scale) || column.scale == 0) {
      return Wrong(field + ".scale",
                   absl::StrCat("is ", column.scale,
                                "; it must be a finite number other than 0"));
    }
    names.push_back(column.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return absl::OkStatus();
  return Wrong("columns", absl::StrCat("has \"", *twice, "\" twice"));
}

}  // namespace

absl::string_view ScalingKindName(ScalingKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

absl::StatusOr<ScalingKind> ParseScalingKind(absl::string_view name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < std::size(kKindNames); ++i) {
    if (name == kKindNames[i]) return static_cast<ScalingKind>(i);
    known.emplace_back(kKindNames[i]);
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no scaling '",
                                                 absl::CHexEscape(name), "'",
                                                 NearestNameHint(name, known)));
}

double ColumnScaling::ToFeature(double value) const {
  return ((log ? std::log(value) : value) - offset) / scale;
}

double ColumnScaling::ToValue(double feature) const {
  const double unscaled = feature * scale + offset;
  return log ? std::exp(unscaled) : unscaled;
}

std::optional<int64_t> Scaler::FutureTimestamp(int64_t k) const {
  if (!last_timestamp.has_value()) return std::nullopt;
  return StepInTime(frequency, *last_timestamp, k);
}

absl::Status Scaler::Validate() const {
  if (columns.empty()) return Wrong("columns", "is empty");
  SC_RETURN_IF_ERROR(CheckColumns(columns));
  if (target < 0 || target >= static_cast<int64_t>(columns.size())) {
    return Wrong("target", "is none of the columns");
  }
  for (const auto& [field, value] : {std::pair{"lookback", lookback},
                                     {"horizon", horizon},
                                     {"stride", stride}}) {
    if (value < 1 || value > kMostUnits) {
      return Wrong(field,
                   absl::StrCat("is ", value, "; it must be at least 1"));
    }
  }
  const bool none = frequency.unit == Frequency::Unit::kNone;
  if (none ? frequency.count != 0
           : frequency.count < 1 || frequency.count > kMostUnits) {
    return Wrong("frequency.count",
                 absl::StrCat("is ", frequency.count, "; it must be ",
                              none ? "0 without a unit" : "at least 1"));
  }
  if (!calendar.empty() && !last_timestamp.has_value()) {
    return Wrong("calendar", "needs timestamps, and there are none");
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
