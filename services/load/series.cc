#include "services/load/series.h"

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/load/csv_value.h"
#include "services/load/timestamp.h"

namespace stagecoach {

std::string RowPosition::Text() const {
  return line == 0 ? absl::StrCat("row ", row)
                   : absl::StrCat("line ", line, " (row ", row, ")");
}

std::string RowPosition::Text(absl::string_view column) const {
  return absl::StrCat(Text(), ", column ", QuotedForMessage(column));
}

void SeriesBuilder::Reserve(size_t rows, bool with_timestamps) {
  series_.values.reserve(rows * series_.columns.size());
  if (with_timestamps) series_.timestamps.reserve(rows);
}

absl::Status SeriesBuilder::AddWithGaps(absl::Span<const float> row,
                                        const std::optional<int64_t>& timestamp,
                                        const RowPosition& position) {
  if (missing_ == MissingValues::kDrop) {
    ++series_.dropped_rows;
    return absl::OkStatus();
  }
  const size_t width = row.size();
  std::vector<float> filled(row.begin(), row.end());
  for (size_t i = 0; i < width; ++i) {
    if (!std::isnan(filled[i])) continue;
    if (missing_ == MissingValues::kError) {
      return absl::FailedPreconditionError(absl::StrCat(
          position.Text(series_.columns[i]),
          ": the value is missing; parameter 'missing' can drop such rows or "
          "carry the value before forward"));
    }
    if (series_.values.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          position.Text(series_.columns[i]),
          ": the value is missing, and there is none before it to carry "
          "forward"));
    }
    filled[i] = series_.values[series_.values.size() - width + i];
    ++series_.filled_values;
  }
  return AddWhole(filled, timestamp, position);
}

absl::StatusOr<Series> SeriesBuilder::Finish() {
  if (series_.values.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("none of the ", series_.dropped_rows,
                     " rows is left: each lacks a value"));
  }
  return std::move(series_);
}

absl::Status SeriesBuilder::NotLater(int64_t timestamp,
                                     const RowPosition& position) const {
  return absl::FailedPreconditionError(absl::StrCat(
      position.Text(), ": ", TimestampText(timestamp), " is not later than ",
      TimestampText(series_.timestamps.back()),
      " of the row before; rows must be in the order of time, each with a time "
      "of its own"));
}

}  // namespace stagecoach
