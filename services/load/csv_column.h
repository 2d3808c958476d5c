// Takes one column of numbers out of a CSV file, in one pass over its bytes.
// Memory is bounded by the result, whatever the size of the file.

#ifndef SERVICES_LOAD_CSV_COLUMN_H_
#define SERVICES_LOAD_CSV_COLUMN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

struct CsvOptions {
  // One byte between two fields; no quote, line end or NUL.
  char delimiter = ',';
  // If set, asked about every MiB with the bytes read so far; a status that is
  // not OK stops the reading and is returned.
  std::function<absl::Status(int64_t)> on_progress = nullptr;
};

// Which column: its name in the header, or its index from 0, negative from the
// end (-1 is the last).
using ColumnSelector = std::variant<int64_t, std::string>;

struct CsvColumn {
  // As in the header.
  std::string name;
  // One for each record after the header, in the order of the file.
  std::vector<float> values;
};

// Reads the column. The first record is the header; names are compared without
// surrounding blanks. Numbers are decimal, with a point and an optional
// exponent, correctly rounded to 32 bits; blanks around them are ignored.
//
// INVALID_ARGUMENT: no column of that name (the message lists those there are
//   and suggests the nearest), or several.
// OUT_OF_RANGE: no column of that index; the message says which there are.
// FAILED_PRECONDITION naming line and column: an empty file, only a header, a
//   binary file, a record with more or fewer fields than the header, an empty
//   line in the midst, a missing value, one that is no number, not finite, or
//   too large for 32 bits.
absl::StatusOr<CsvColumn> ReadCsvColumn(absl::string_view bytes,
                                        const ColumnSelector& selector,
                                        const CsvOptions& options = {});

}  // namespace stagecoach

#endif  // SERVICES_LOAD_CSV_COLUMN_H_
