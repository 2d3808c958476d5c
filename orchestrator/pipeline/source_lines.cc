#include "orchestrator/pipeline/source_lines.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {

void SourceLines::Add(absl::string_view field, int line) {
  lines_.try_emplace(field, line);
}

int SourceLines::Line(absl::string_view field) const {
  while (!field.empty()) {
    if (const auto found = lines_.find(field); found != lines_.end()) {
      return found->second;
    }
    const size_t dot = field.rfind('.');
    field = field.substr(0, dot == absl::string_view::npos ? 0 : dot);
  }
  return 0;
}

std::string SourceLines::Describe(int line) const {
  std::string place = file_;
  if (line > 0) absl::StrAppend(&place, place.empty() ? "" : ":", line);
  return place;
}

}  // namespace stagecoach
