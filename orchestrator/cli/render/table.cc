#include "orchestrator/cli/render/table.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr int kGap = 2;

int Narrowest(Overflow overflow) {
  return overflow == Overflow::kWrap ? 16 : 8;
}

std::string Fit(const std::string& text, int width, Align align) {
  const std::string cut = Truncate(text, width);
  return align == Align::kRight ? PadLeft(cut, width) : PadRight(cut, width);
}

// The row as it is shown: more than one where cells go on below.
std::vector<Line> WrapRow(const std::vector<Column>& columns,
                          const std::vector<int>& widths, const Line& row) {
  std::vector<Line> lines = {row};
  for (size_t i = 0; i < row.size(); ++i) {
    if (columns[i].overflow != Overflow::kWrap) continue;
    if (DisplayWidth(row[i].text) <= widths[i]) continue;
    const std::vector<std::string> parts = Wrap(row[i].text, widths[i]);
    if (lines.size() < parts.size())
      lines.resize(parts.size(), Line(row.size()));
    for (size_t part = 0; part < parts.size(); ++part) {
      lines[part][i] = {parts[part], row[i].tone};
    }
  }
  return lines;
}

// Whether any cell from `from` on shows something, so that padding is needed.
bool AnyTextFrom(const Line& row, size_t from) {
  return std::any_of(row.begin() + from, row.end(),
                     [](const Span& cell) { return !cell.text.empty(); });
}

void RenderRow(const Layout& layout, const std::vector<Column>& columns,
               const std::vector<int>& widths, const Line& row, int indent,
               std::string& out) {
  out.append(indent, ' ');
  for (size_t i = 0; i < row.size(); ++i) {
    const bool more = AnyTextFrom(row, i + 1);
    if (i > 0) out.append(kGap, ' ');
    const std::string fitted = Fit(row[i].text, widths[i], columns[i].align);
    const bool pad_left = columns[i].align == Align::kRight;
    const std::string cut = Truncate(row[i].text, widths[i]);
    const std::string spaces(fitted.size() - cut.size(), ' ');
    // Only the text is painted: colour on padding shows as underlines on some
    // terminals.
    if (pad_left) out.append(spaces);
    absl::StrAppend(&out, Paint(layout, row[i].tone, cut));
    if (!more) break;
    if (!pad_left) out.append(spaces);
  }
  out.push_back('\n');
}

}  // namespace

Table::Table(std::vector<Column> columns, int indent)
    : columns_(std::move(columns)), indent_(indent) {}

void Table::AddRow(Line cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<int> Table::Widths(int limit) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = DisplayWidth(columns_[i].title);
    for (const Line& row : rows_) {
      width = std::max(width, DisplayWidth(row[i].text));
    }
    widths.push_back(width);
  }
  if (limit <= 0) return widths;
  const int gaps = indent_ + kGap * (static_cast<int>(columns_.size()) - 1);
  int excess = std::accumulate(widths.begin(), widths.end(), gaps) - limit;
  while (excess-- > 0) {
    int* widest = nullptr;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Overflow overflow = columns_[i].overflow;
      if (overflow == Overflow::kKeep) continue;
      if (widths[i] <= Narrowest(overflow)) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

std::string Table::Render(const Layout& layout) const {
  const std::vector<int> widths = Widths(layout.width);
  std::string out;
  Line titles;
  for (const Column& column : columns_) {
    titles.push_back({column.title, Tone::kStrong});
  }
  if (AnyTextFrom(titles, 0)) {
    RenderRow(layout, columns_, widths, titles, indent_, out);
  }
  for (const Line& row : rows_) {
    for (const Line& line : WrapRow(columns_, widths, row)) {
      RenderRow(layout, columns_, widths, line, indent_, out);
    }
  }
  return out;
}

}  // namespace stagecoach
