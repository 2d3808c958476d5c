#include "services/load/column_choice.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/load/csv_value.h"

namespace stagecoach {
namespace {

constexpr size_t kMostColumnsShown = 20;

absl::StatusOr<int64_t> FindByIndex(absl::Span<const std::string> names,
                                    int64_t index) {
  const auto count = static_cast<int64_t>(names.size());
  const int64_t from_start = index < 0 ? index + count : index;
  if (from_start >= 0 && from_start < count) return from_start;
  return absl::OutOfRangeError(
      absl::StrCat("column ", index, " does not exist: the file has ", count,
                   " columns, 0 to ", count - 1, " or -1 to ", -count));
}

// `; the file has "Month", "Passengers"; did you mean "Passengers"?`
std::string ColumnsHint(absl::Span<const std::string> names,
                        const std::string& wanted) {
  std::vector<std::string> shown;
  for (const std::string& name : names.subspan(0, kMostColumnsShown)) {
    shown.push_back(QuotedForMessage(name));
  }
  if (shown.size() < names.size()) shown.push_back("…");
  std::string hint =
      absl::StrCat("; the file has ", absl::StrJoin(shown, ", "));
  if (const auto nearest = NearestName(wanted, names)) {
    absl::StrAppend(&hint, "; did you mean ", QuotedForMessage(*nearest), "?");
  }
  return hint;
}

absl::StatusOr<int64_t> FindByName(absl::Span<const std::string> names,
                                   const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", QuotedForMessage(name), " does not exist",
                     ColumnsHint(names, name)));
  }
  if (std::find(found + 1, names.end(), name) != names.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("several columns are called ", QuotedForMessage(name),
                     "; choose one by its index"));
  }
  return found - names.begin();
}

}  // namespace

std::vector<ColumnSelector> SelectorsOf(absl::Span<const std::string> wanted,
                                        absl::Span<const std::string> names) {
  std::vector<ColumnSelector> selectors;
  for (const std::string& text : wanted) {
    int64_t index = 0;
    const bool is_name =
        std::find(names.begin(), names.end(), text) != names.end();
    if (!is_name && absl::SimpleAtoi(text, &index)) {
      selectors.emplace_back(index);
    } else {
      selectors.emplace_back(text);
    }
  }
  return selectors;
}

absl::StatusOr<int64_t> FindColumn(absl::Span<const std::string> names,
                                   const ColumnSelector& selector) {
  if (const auto* index = std::get_if<int64_t>(&selector)) {
    return FindByIndex(names, *index);
  }
  return FindByName(names, std::get<std::string>(selector));
}

absl::StatusOr<std::vector<int64_t>> FindColumns(
    absl::Span<const std::string> names,
    absl::Span<const ColumnSelector> selectors) {
  std::vector<int64_t> indexes;
  std::set<int64_t> seen;
  for (const ColumnSelector& selector : selectors) {
    SC_ASSIGN_OR_RETURN(const int64_t index, FindColumn(names, selector));
    if (!seen.insert(index).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "column ", QuotedForMessage(names[index]), " is chosen twice"));
    }
    indexes.push_back(index);
  }
  return indexes;
}

}  // namespace stagecoach
