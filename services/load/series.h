// A series of one or several columns, and what is done about values that are
// missing in its source.

#ifndef SERVICES_LOAD_SERIES_H_
#define SERVICES_LOAD_SERIES_H_

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/load/column_choice.h"

namespace stagecoach {

struct Series {
  // Of the columns, as in the source.
  std::vector<std::string> columns;
  // Row by row, in the order of the source; all finite.
  std::vector<float> values;
  // Of each row, ascending, seconds since 1970 in UTC; empty without.
  std::vector<int64_t> timestamps;
  // Rows left out, and values carried forward, because some were missing.
  int64_t dropped_rows = 0;
  int64_t filled_values = 0;

  int64_t rows() const {
    return static_cast<int64_t>(values.size() / columns.size());
  }
};

enum class MissingValues {
  kError,
  kDrop,     // leave out the row
  kForward,  // take the value of the row before
};

struct SeriesOptions {
  // The columns, in this order. If empty, just `column`.
  std::vector<std::string> columns = {};
  ColumnSelector column = int64_t{-1};
  // The one that holds the rows' times; not set: there are none.
  std::optional<ColumnSelector> timestamp_column = std::nullopt;
  // As TimestampParser says.
  std::string timestamp_format = "auto";
  MissingValues missing = MissingValues::kError;
  // If set, asked about every MiB with the bytes read so far; a status that is
  // not OK stops the reading and is returned.
  std::function<absl::Status(int64_t)> on_progress = nullptr;
};

// Where a row stands in its source.
struct RowPosition {
  int64_t row = 0;   // from 1, without header, comments and blank lines
  int64_t line = 0;  // from 1; 0: the source has no lines

  // `line 3 (row 2)` or `row 2`.
  std::string Text() const;
  // The same with the column: `line 3 (row 2), column "Passengers"`.
  std::string Text(absl::string_view column) const;
};

// Puts rows together.
//
// Threads: one at a time.
class SeriesBuilder {
 public:
  SeriesBuilder(std::vector<std::string> columns, MissingValues missing)
      : missing_(missing) {
    series_.columns = std::move(columns);
  }

  // Room for about so many rows.
  void Reserve(size_t rows, bool with_timestamps);

  // Adds a row; NaN stands for a value that is missing.
  //
  // FAILED_PRECONDITION with the position: a value is missing and must not
  //   be, or there is none to carry forward; the row is not later than the one
  //   before it.
  absl::Status Add(absl::Span<const float> row,
                   const std::optional<int64_t>& timestamp,
                   const RowPosition& position) {
    for (const float value : row) {
      if (std::isnan(value)) return AddWithGaps(row, timestamp, position);
    }
    return AddWhole(row, timestamp, position);
  }

  // All of it. FAILED_PRECONDITION: every row was left out.
  absl::StatusOr<Series> Finish();

 private:
  absl::Status AddWhole(absl::Span<const float> row,
                        const std::optional<int64_t>& timestamp,
                        const RowPosition& position) {
    if (timestamp.has_value()) {
      if (!series_.timestamps.empty() &&
          *timestamp <= series_.timestamps.back()) {
        return NotLater(*timestamp, position);
      }
      series_.timestamps.push_back(*timestamp);
    }
    series_.values.insert(series_.values.end(), row.begin(), row.end());
    return absl::OkStatus();
  }
  absl::Status AddWithGaps(absl::Span<const float> row,
                           const std::optional<int64_t>& timestamp,
                           const RowPosition& position);
  absl::Status NotLater(int64_t timestamp, const RowPosition& position) const;

  const MissingValues missing_;
  Series series_;
};

}  // namespace stagecoach

#endif  // SERVICES_LOAD_SERIES_H_
