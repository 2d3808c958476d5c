#include "services/common/artifact/utf8.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

// A row of table 3-7 of the Unicode standard: sequences that begin with a byte
// of [first, last] have `length` bytes, the second of [second_low,
// second_high], all further ones of [0x80, 0xbf].
struct Sequence {
  uint8_t first, last, length, second_low, second_high;
};

constexpr Sequence kSequences[] = {
    {0x00, 0x7f, 1, 0x00, 0x00}, {0xc2, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
};

uint8_t At(absl::string_view text, size_t index) {
  return static_cast<uint8_t>(text[index]);
}

bool Continues(absl::string_view text, const Sequence& sequence) {
  if (text.size() < sequence.length) return false;
  for (size_t i = 1; i < sequence.length; ++i) {
    const uint8_t low = i == 1 ? sequence.second_low : 0x80;
    const uint8_t high = i == 1 ? sequence.second_high : 0xbf;
    if (At(text, i) < low || At(text, i) > high) return false;
  }
  return true;
}

// Length of the well-formed sequence at the start of `text`; 0 if there is
// none. `text` is not empty.
size_t SequenceLength(absl::string_view text) {
  for (const Sequence& sequence : kSequences) {
    if (At(text, 0) < sequence.first || At(text, 0) > sequence.last) continue;
    return Continues(text, sequence) ? sequence.length : 0;
  }
  return 0;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string PrintableText(absl::string_view text, size_t limit) {
  if (text.size() <= limit) {
    return IsUtf8(text) ? absl::Utf8SafeCEscape(text) : absl::CEscape(text);
  }
  // Not to end within a character.
  size_t end = limit;
  while (end > 0 && (At(text, end) & 0xc0) == 0x80) --end;
  return absl::StrCat(PrintableText(text.substr(0, end), limit), "…");
}

}  // namespace stagecoach
