// The names of a series' columns, as they travel in the metadata of its file.

#ifndef SERVICES_COMMON_SCALING_COLUMN_NAMES_H_
#define SERVICES_COMMON_SCALING_COLUMN_NAMES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace stagecoach {

// The key; its value is a JSON list of texts.
inline constexpr char kColumnsKey[] = "columns";

// `["Passengers","Fares"]`
std::string ColumnsText(absl::Span<const std::string> columns);

// The names in a file's metadata if there are `count` of them, all different;
// otherwise `0`, `1`, …
std::vector<std::string> ColumnNames(
    const std::map<std::string, std::string>& metadata, int64_t count);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_SCALING_COLUMN_NAMES_H_
