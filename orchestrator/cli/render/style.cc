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

Line FitLine(const Line& line, int width) {
  if (LineWidth(line) <= width) return line;
  Line result;
  int left = width;
  for (const Span& span : line) {
    const int taken = DisplayWidth(span.text);
    if (taken < left) {
      result.push_back(span);
      left -= taken;
      continue;
    }
    // Also when it just fits: something follows it, so the mark has to show.
    result.push_back(
        {Truncate(absl::StrCat(span.text, "  "), left), span.tone});
    break;
  }
  return result;
}

std::string PaintLine(const Layout& layout, const Line& line) {
  std::string result;
  for (const Span& span :
       layout.width > 0 ? FitLine(line, layout.width) : line) {
    absl::StrAppend(&result, Paint(layout, span.tone, span.text));
  }
  return result;
}

}  // namespace stagecoach
