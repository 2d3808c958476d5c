// How a CSV file is written: what stands between its fields.

#ifndef SERVICES_LOAD_CSV_DIALECT_H_
#define SERVICES_LOAD_CSV_DIALECT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

struct CsvDialect {
  // One byte between two fields; no quote, line end or NUL.
  char delimiter = ',';
  // Lines that start with it are no records; NUL: there are none such.
  char comment = '\0';
  // Between whole number and fraction.
  char decimal = '.';
};

// The byte that `name` stands for: itself, or `tab`. INVALID_ARGUMENT: more
// than one, or one that may be part of a number or a name.
absl::StatusOr<char> ParseDelimiter(absl::string_view name);

// The one of `,`, `;`, tab and `|` that stands most often in the first line
// that is neither blank nor a comment, outside of quotes; `,` if none does.
// `bytes` are the first of the file.
char FindDelimiter(absl::string_view bytes, char comment);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_CSV_DIALECT_H_
