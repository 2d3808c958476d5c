#include "orchestrator/cli/render/text_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

using Lines = std::vector<absl::string_view>;

// A table of so many numbers takes 16 MiB.
constexpr size_t kMostCells = 4'000'000;

enum class Kind { kSame, kRemoved, kAdded };

struct Edit {
  Kind kind = Kind::kSame;
  absl::string_view line;
  size_t before = 0;  // number of the line in each text, from 0
  size_t after = 0;
};

Lines Split(absl::string_view text) {
  text = absl::StripSuffix(text, "\n");
  if (text.empty()) return {};
  return absl::StrSplit(text, '\n');
}

// Lengths of the longest common subsequences of what follows each pair of
// lines (Wagner and Fischer 1974).
class CommonLengths {
 public:
  CommonLengths(const Lines& before, const Lines& after)
      : columns_(after.size() + 1),
        lengths_((before.size() + 1) * columns_, 0) {
    for (size_t i = before.size(); i-- > 0;) {
      for (size_t j = after.size(); j-- > 0;) {
        lengths_[i * columns_ + j] = before[i] == after[j]
                                         ? At(i + 1, j + 1) + 1
                                         : std::max(At(i + 1, j), At(i, j + 1));
      }
    }
  }
  int At(size_t i, size_t j) const { return lengths_[i * columns_ + j]; }

 private:
  const size_t columns_;
  std::vector<int> lengths_;
};

// The edits between two texts without common start and end; lines are numbered
// from `offset`.
void AddMiddle(const Lines& before, const Lines& after, size_t offset,
               std::vector<Edit>& edits) {
  size_t i = 0;
  size_t j = 0;
  const auto add = [&](Kind kind, absl::string_view line) {
    edits.push_back({kind, line, offset + i, offset + j});
    if (kind != Kind::kAdded) ++i;
    if (kind != Kind::kRemoved) ++j;
  };
  if ((before.size() + 1) * (after.size() + 1) <= kMostCells) {
    const CommonLengths common(before, after);
    while (i < before.size() && j < after.size()) {
      if (before[i] == after[j]) {
        add(Kind::kSame, before[i]);
      } else if (common.At(i + 1, j) >= common.At(i, j + 1)) {
        add(Kind::kRemoved, before[i]);
      } else {
        add(Kind::kAdded, after[j]);
      }
    }
  }
  while (i < before.size()) add(Kind::kRemoved, before[i]);
  while (j < after.size()) add(Kind::kAdded, after[j]);
}

std::vector<Edit> Compare(const Lines& before, const Lines& after) {
  const size_t shorter = std::min(before.size(), after.size());
  size_t start = 0;
  while (start < shorter && before[start] == after[start]) ++start;
  size_t end = 0;
  while (end < shorter - start &&
         before[before.size() - 1 - end] == after[after.size() - 1 - end]) {
    ++end;
  }
  std::vector<Edit> edits;
  for (size_t i = 0; i < start; ++i) {
    edits.push_back({Kind::kSame, before[i], i, i});
  }
  AddMiddle(Lines(before.begin() + start, before.end() - end),
            Lines(after.begin() + start, after.end() - end), start, edits);
  for (size_t i = end; i > 0; --i) {
    edits.push_back({Kind::kSame, before[before.size() - i], before.size() - i,
                     after.size() - i});
  }
  return edits;
}

std::string EditText(const Edit& edit, const Layout& layout) {
  const std::string line = Printable(edit.line);
  switch (edit.kind) {
    case Kind::kSame:
      return absl::StrCat(" ", line, "\n");
    case Kind::kRemoved:
      return Paint(layout, Tone::kBad, absl::StrCat("-", line)) + "\n";
    case Kind::kAdded:
      return Paint(layout, Tone::kGood, absl::StrCat("+", line)) + "\n";
  }
  return "";
}

// `@@ -3,7 +3,8 @@` for the edits from `first` to before `last`.
std::string HunkHeader(const std::vector<Edit>& edits, size_t first,
                       size_t last) {
  size_t removed = 0;
  size_t added = 0;
  for (size_t i = first; i < last; ++i) {
    if (edits[i].kind != Kind::kAdded) ++removed;
    if (edits[i].kind != Kind::kRemoved) ++added;
  }
  // A side without lines is numbered by the line before it.
  return absl::StrCat("@@ -", edits[first].before + (removed > 0 ? 1 : 0), ",",
                      removed, " +", edits[first].after + (added > 0 ? 1 : 0),
                      ",", added, " @@");
}

}  // namespace

std::string RenderTextDiff(absl::string_view before, absl::string_view after,
                           int context, const Layout& layout) {
  const std::vector<Edit> edits = Compare(Split(before), Split(after));
  const size_t around = static_cast<size_t>(context);
  std::string text;
  size_t at = 0;
  while (at < edits.size()) {
    if (edits[at].kind == Kind::kSame) {
      ++at;
      continue;
    }
    // A hunk goes on as long as the next change is near.
    const size_t first = at > around ? at - around : 0;
    size_t last_change = at;
    for (size_t i = at; i < edits.size() && i <= last_change + 2 * around + 1;
         ++i) {
      if (edits[i].kind != Kind::kSame) last_change = i;
    }
    const size_t last = std::min(edits.size(), last_change + around + 1);
    absl::StrAppend(&text,
                    Paint(layout, Tone::kBusy, HunkHeader(edits, first, last)),
                    "\n");
    for (size_t i = first; i < last; ++i) {
      absl::StrAppend(&text, EditText(edits[i], layout));
    }
    at = last;
  }
  return text;
}

}  // namespace stagecoach
