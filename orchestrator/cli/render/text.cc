#include "orchestrator/cli/render/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr absl::string_view kEllipsis = "…";

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // 0: not UTF-8
};

// Length that the first byte of a character announces; 0 if it cannot be one.
size_t AnnouncedLength(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

bool IsAllowed(uint32_t code, size_t length) {
  if (length == 3 && code < 0x800) return false;  // overlong
  if (length == 4 && code < 0x10000) return false;
  if (code >= 0xD800 && code <= 0xDFFF) return false;  // surrogate
  return code <= 0x10FFFF;
}

Character Decode(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = AnnouncedLength(first);
  if (length == 1) return {first, 1};
  if (length == 0 || text.size() < length) return {};
  uint32_t code = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    code = (code << 6) | (next & 0x3Fu);
  }
  if (!IsAllowed(code, length)) return {};
  return {code, length};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

bool IsIn(uint32_t code, const Range* ranges, size_t count) {
  return std::any_of(ranges, ranges + count, [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

// Combining marks, zero-width characters and variation selectors.
constexpr Range kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};

// East Asian wide and full-width characters, and emoji.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
    {0x20000, 0x3FFFD}};

int WidthOf(uint32_t code) {
  if (code < 0x300) return 1;
  if (IsIn(code, kZeroWidth, std::size(kZeroWidth))) return 0;
  return IsIn(code, kWide, std::size(kWide)) ? 2 : 1;
}

// C0, DEL, C1, and the marks that turn the direction of text.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) ||
         (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

// Bytes of the longest start of `text` that fits `width`.
size_t FittingPrefix(absl::string_view text, int width) {
  size_t at = 0;
  int used = 0;
  while (at < text.size()) {
    const Character character = Decode(text.substr(at));
    used += WidthOf(character.code);
    if (used > width) break;
    at += std::max<size_t>(1, character.length);
  }
  return at;
}

void WrapParagraph(absl::string_view paragraph, int width,
                   std::vector<std::string>& lines) {
  std::string line;
  for (absl::string_view word :
       absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
    if (line.empty()) {
      line = std::string(word);
    } else if (DisplayWidth(line) + 1 + DisplayWidth(word) <= width) {
      absl::StrAppend(&line, " ", word);
    } else {
      lines.push_back(std::move(line));
      line = std::string(word);
    }
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = Decode(text);
    if (character.length == 0) {
      absl::StrAppend(&result, kReplacement);
      text.remove_prefix(1);
      continue;
    }
    absl::StrAppend(&result, IsControl(character.code)
                                 ? absl::string_view(" ")
                                 : text.substr(0, character.length));
    text.remove_prefix(character.length);
  }
  return result;
}

std::string ToAscii(absl::string_view text) {
  constexpr absl::string_view kLikeIt[][2] = {
      {"…", "~"}, {"✓", "+"}, {"✗", "x"}, {"●", "*"}, {"○", "o"}, {"↻", "~"},
      {"–", "-"}, {"→", ">"}, {"│", "|"}, {"─", "-"}, {"┤", "+"}, {"└", "+"},
      {"━", "="}, {"╸", "-"}, {"█", "#"}, {"░", "."}, {"×", "x"}, {"·", "."}};
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = Decode(text);
    const size_t length = std::max<size_t>(1, character.length);
    const absl::string_view bytes = text.substr(0, length);
    text.remove_prefix(length);
    if (character.length == 1) {
      absl::StrAppend(&result, bytes);
      continue;
    }
    const auto* like_it =
        std::find_if(std::begin(kLikeIt), std::end(kLikeIt),
                     [bytes](const auto& pair) { return pair[0] == bytes; });
    if (like_it != std::end(kLikeIt)) {
      absl::StrAppend(&result, (*like_it)[1]);
    } else {
      result.append(static_cast<size_t>(WidthOf(character.code)), '?');
    }
  }
  return result;
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = Decode(text);
    width += WidthOf(character.code);
    text.remove_prefix(std::max<size_t>(1, character.length));
  }
  return width;
}

std::string Truncate(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width <= 0) return "";
  return absl::StrCat(text.substr(0, FittingPrefix(text, width - 1)),
                      kEllipsis);
}

std::string PadRight(absl::string_view text, int width) {
  const int missing = std::max(0, width - DisplayWidth(text));
  return absl::StrCat(text, std::string(missing, ' '));
}

std::string PadLeft(absl::string_view text, int width) {
  const int missing = std::max(0, width - DisplayWidth(text));
  return absl::StrCat(std::string(missing, ' '), text);
}

std::vector<std::string> Wrap(absl::string_view text, int width) {
  std::vector<std::string> lines;
  for (absl::string_view paragraph : absl::StrSplit(text, '\n')) {
    WrapParagraph(paragraph, width, lines);
  }
  return lines;
}

std::string Plural(long long count, absl::string_view singular) {
  return absl::StrCat(count, " ", singular, count == 1 ? "" : "s");
}

}  // namespace stagecoach
