#include "orchestrator/pipeline/problems.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace stagecoach {

void Problems::Add(absl::string_view field, absl::string_view what) {
  AddAt(lines_.Line(field), field, what);
}

void Problems::AddAt(int line, absl::string_view field,
                     absl::string_view what) {
  if (full()) return;
  const std::string place = lines_.Describe(line);
  problems_.push_back(
      {line, absl::StrCat(place, place.empty() ? "" : ": ", field,
                          field.empty() ? "" : ": ", what)});
}

absl::Status Problems::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::vector<Problem> sorted = problems_;
  // As unsigned numbers, so that what has no line comes last.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) {
                     return static_cast<unsigned>(a.line - 1) <
                            static_cast<unsigned>(b.line - 1);
                   });
  std::string message;
  for (const Problem& problem : sorted) {
    absl::StrAppend(&message, message.empty() ? "" : "\n", problem.text);
  }
  if (full()) absl::StrAppend(&message, "\n… and perhaps more");
  return absl::InvalidArgumentError(message);
}

}  // namespace stagecoach
