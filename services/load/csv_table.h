// Takes columns of numbers out of a CSV file, in one pass over its bytes.
// Memory is bounded by the result, whatever the size of the file.

#ifndef SERVICES_LOAD_CSV_TABLE_H_
#define SERVICES_LOAD_CSV_TABLE_H_

#include "absl/status/statusor.h"
#include "services/load/byte_stream.h"
#include "services/load/csv_dialect.h"
#include "services/load/series.h"

namespace stagecoach {

// Reads the columns. The first record is the header; names are compared without
// surrounding blanks. Numbers are as ParseCsvValue says. Empty lines are passed
// over, except in a file of one column, where one is a row whose value is
// missing; at the end they never count.
//
// INVALID_ARGUMENT, OUT_OF_RANGE: a column that is not there, as FindColumns
//   says; one that is both value and timestamp.
// FAILED_PRECONDITION naming line and column: an empty file, only a header, a
//   header that seems to be missing, a binary file, a record with more or fewer
//   fields than the header, a missing value where none may be, one that is no
//   number, not finite, or too large for 32 bits; a timestamp that is none or
//   not later than the one before; what ByteStream says.
absl::StatusOr<Series> ReadCsvSeries(ByteStream& stream,
                                     const CsvDialect& dialect,
                                     const SeriesOptions& options);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_CSV_TABLE_H_
