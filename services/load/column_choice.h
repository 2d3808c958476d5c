// Which columns of a table are wanted, by name or by index.

#ifndef SERVICES_LOAD_COLUMN_CHOICE_H_
#define SERVICES_LOAD_COLUMN_CHOICE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace stagecoach {

// Its name in the header, compared without surrounding blanks, or its index
// from 0, negative from the end (-1 is the last).
using ColumnSelector = std::variant<int64_t, std::string>;

// A name in a list of names may also be an index, if no column is called so:
// `["Month", "-1"]`.
std::vector<ColumnSelector> SelectorsOf(absl::Span<const std::string> wanted,
                                        absl::Span<const std::string> names);

// The index of the column in `names`.
//
// INVALID_ARGUMENT: no column of that name (the message lists those there are
//   and suggests the nearest), or several.
// OUT_OF_RANGE: no column of that index; the message says which there are.
absl::StatusOr<int64_t> FindColumn(absl::Span<const std::string> names,
                                   const ColumnSelector& selector);

// The same for several, in their order. Also INVALID_ARGUMENT: one is chosen
// twice.
absl::StatusOr<std::vector<int64_t>> FindColumns(
    absl::Span<const std::string> names,
    absl::Span<const ColumnSelector> selectors);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_COLUMN_CHOICE_H_
