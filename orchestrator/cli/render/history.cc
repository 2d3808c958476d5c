#include "orchestrator/cli/render/history.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

std::vector<std::string> ColumnsOf(const nlohmann::json& evaluations) {
  std::set<std::string> names;
  for (const nlohmann::json& evaluation : evaluations) {
    if (!evaluation.is_object()) return {};
    for (const auto& [name, value] : evaluation.items()) {
      if (value.is_number()) names.insert(name);
    }
  }
  std::vector<std::string> columns(names.begin(), names.end());
  // By name, but: what counts first, and training before test data.
  std::stable_sort(columns.begin(), columns.end(),
                   [](const std::string& a, const std::string& b) {
                     const auto rank = [](const std::string& name) {
                       if (name == "epoch") return 0;
                       return name.find("train") != name.npos ? 1 : 2;
                     };
                     return rank(a) < rank(b);
                   });
  return columns;
}

std::string Title(const std::string& column) {
  return Printable(
      absl::StrReplaceAll(absl::AsciiStrToUpper(column), {{"_", " "}}));
}

// Digits after the point that show four significant ones of the largest value;
// none if all are whole.
int Decimals(const History& history, size_t column) {
  double largest = 0;
  bool whole = true;
  for (const std::vector<double>& row : history.rows) {
    if (!std::isfinite(row[column])) continue;
    largest = std::max(largest, std::fabs(row[column]));
    whole = whole && row[column] == std::trunc(row[column]);
  }
  if (whole || largest == 0) return 0;
  return std::clamp(3 - static_cast<int>(std::floor(std::log10(largest))), 0,
                    9);
}

}  // namespace

std::optional<History> ParseHistory(absl::string_view json) {
  const nlohmann::json document = nlohmann::json::parse(
      json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return std::nullopt;
  const auto evaluations = document.find("evaluations");
  if (evaluations == document.end() || !evaluations->is_array()) {
    return std::nullopt;
  }
  History history;
  history.columns = ColumnsOf(*evaluations);
  if (history.columns.empty()) return std::nullopt;
  for (const nlohmann::json& evaluation : *evaluations) {
    std::vector<double> row;
    for (const std::string& column : history.columns) {
      const auto value = evaluation.find(column);
      const bool known = value != evaluation.end() && value->is_number();
      row.push_back(known ? value->get<double>()
                          : std::numeric_limits<double>::quiet_NaN());
    }
    history.rows.push_back(std::move(row));
  }
  return history;
}

std::string RenderHistory(const History& history, int most_rows, int indent,
                          const Layout& layout) {
  std::vector<Column> columns;
  for (const std::string& column : history.columns) {
    columns.push_back({Title(column), Align::kRight});
  }
  Table table(std::move(columns), indent);
  const size_t count = history.rows.size();
  const bool all = count <= static_cast<size_t>(most_rows);
  const size_t head = all ? count : static_cast<size_t>(most_rows) / 2;
  const size_t tail = all ? count : count - (most_rows - head - 1);
  std::vector<int> decimals;
  for (size_t column = 0; column < history.columns.size(); ++column) {
    decimals.push_back(Decimals(history, column));
  }
  for (size_t i = 0; i < count; ++i) {
    if (i == head && i < tail) {
      table.AddRow(Line(history.columns.size(), Span{"…", Tone::kFaint}));
      i = tail;
    }
    Line row;
    for (size_t column = 0; column < decimals.size(); ++column) {
      const double value = history.rows[i][column];
      row.push_back({std::isnan(value)
                         ? "-"
                         : absl::StrFormat("%.*f", decimals[column], value)});
    }
    table.AddRow(std::move(row));
  }
  return table.Render(layout);
}

}  // namespace stagecoach
