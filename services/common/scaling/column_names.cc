#include "services/common/scaling/column_names.h"

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"

namespace stagecoach {

std::string ColumnsText(absl::Span<const std::string> columns) {
  return nlohmann::json(
             std::vector<std::string>(columns.begin(), columns.end()))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> ColumnNames(
    const std::map<std::string, std::string>& metadata, int64_t count) {
  std::vector<std::string> names;
  const auto found = metadata.find(kColumnsKey);
  if (found != metadata.end()) {
    const auto json = nlohmann::json::parse(found->second, nullptr,
                                            /*allow_exceptions=*/false);
    for (const auto& each : json) {
      if (each.is_string()) names.push_back(each.get<std::string>());
    }
  }
  const std::set<std::string> different(names.begin(), names.end());
  if (static_cast<int64_t>(names.size()) == count &&
      different.size() == names.size()) {
    return names;
  }
  names.clear();
  for (int64_t i = 0; i < count; ++i) names.push_back(absl::StrCat(i));
  return names;
}

}  // namespace stagecoach
