#include "services/load/csv_dialect.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/load/csv_value.h"

namespace stagecoach {
namespace {

constexpr char kCandidates[] = {',', ';', '\t', '|'};

// The line at the front of `bytes`, without its end.
absl::string_view FirstLine(absl::string_view bytes) {
  return bytes.substr(0, bytes.find('\n'));
}

bool IsPassedOver(absl::string_view line, char comment) {
  return absl::StripAsciiWhitespace(line).empty() ||
         (comment != '\0' && line[0] == comment);
}

}  // namespace

absl::StatusOr<char> ParseDelimiter(absl::string_view name) {
  if (name == "tab" || name == "\\t") return '\t';
  const unsigned char byte = name.size() == 1 ? name[0] : '\0';
  const bool usable = byte == '\t' || byte == ' ' || absl::ascii_ispunct(byte);
  if (!usable ||
      absl::string_view("\"'.+-_").find(name) != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter 'delimiter' is ", QuotedForMessage(name),
        "; it must be auto, tab, or one character such as , ; | : and blank"));
  }
  return static_cast<char>(byte);
}

char FindDelimiter(absl::string_view bytes, char comment) {
  absl::string_view line = FirstLine(bytes);
  while (line.size() < bytes.size() && IsPassedOver(line, comment)) {
    bytes.remove_prefix(line.size() + 1);
    line = FirstLine(bytes);
  }
  size_t counts[std::size(kCandidates)] = {};
  bool quoted = false;
  for (const char byte : line) {
    if (byte == '"') quoted = !quoted;
    const auto* const found =
        std::find(std::begin(kCandidates), std::end(kCandidates), byte);
    if (!quoted && found != std::end(kCandidates)) {
      ++counts[found - std::begin(kCandidates)];
    }
  }
  const auto* const most =
      std::max_element(std::begin(counts), std::end(counts));
  return kCandidates[most - std::begin(counts)];
}

}  // namespace stagecoach
