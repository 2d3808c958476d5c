#include "orchestrator/cli/render/style.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

absl::string_view Escape(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kBusy:
      return "\x1b[36m";
    case Tone::kWarning:
      return "\x1b[33m";
  }
  return "";
}

}  // namespace

std::string Paint(const Layout& layout, Tone tone, absl::string_view text) {
  if (!layout.color || tone == Tone::kPlain || text.empty()) {
    return std::string(text);
  }
  return absl::StrCat(Escape(tone), text, "\x1b[0m");
}

int LineWidth(const Line& line) {
  int width = 0;
  for (const Span& span : line) width += DisplayWidth(span.text);
  return width;
}

std::string PaintLine(const Layout& layout, const Line& line) {
  const bool limited = layout.width > 0 && LineWidth(line) > layout.width;
  std::string result;
  int left = layout.width;
  for (const Span& span : line) {
    if (!limited) {
      absl::StrAppend(&result, Paint(layout, span.tone, span.text));
      continue;
    }
    if (left <= 0) break;
    // A piece that just fits is cut too if something follows it, so that the
    // mark shows.
    const int width = DisplayWidth(span.text);
    const bool last = &span == &line.back();
    const std::string text =
        width < left || (width == left && last)
            ? span.text
            : Truncate(absl::StrCat(span.text, "  "), left);
    absl::StrAppend(&result, Paint(layout, span.tone, text));
    left -= DisplayWidth(text);
  }
  return result;
}

}  // namespace stagecoach
