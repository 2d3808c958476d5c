#include "services/common/contract/names.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

// Long enough to recognise a name by, short enough for a message.
constexpr size_t kShownCharacters = 80;

struct NameRule {
  bool (*first)(char);
  bool (*further)(char);
  size_t max_length;
  absl::string_view text;
};

bool IsLower(char c) { return absl::ascii_islower(c); }
bool IsLowerDigitOrDash(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
}
bool IsLetter(char c) { return absl::ascii_isalpha(c); }
bool IsLetterDigitOrUnderscore(char c) {
  return absl::ascii_isalnum(c) || c == '_';
}
bool IsLetterOrDigit(char c) { return absl::ascii_isalnum(c); }
bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
}

constexpr NameRule kLowerCaseName = {
    IsLower, IsLowerDigitOrDash, 63,
    "a lower-case letter, then lower-case letters, digits and '-'"};
constexpr NameRule kFieldName = {IsLetter, IsLetterDigitOrUnderscore, 64,
                                 "a letter, then letters, digits and '_'"};
constexpr NameRule kIdPart = {
    IsLetterOrDigit, IsIdCharacter, 128,
    "a letter or digit, then letters, digits, '.', '_' and '-'"};
constexpr NameRule kFileName = {
    IsLetterDigitOrUnderscore, IsIdCharacter, 128,
    "a letter, digit or '_', then letters, digits, '.', '_' and '-'"};

absl::Status CheckName(const NameRule& rule, absl::string_view what,
                       absl::string_view name) {
  if (!name.empty() && name.size() <= rule.max_length &&
      rule.first(name.front()) &&
      std::all_of(name.begin() + 1, name.end(), rule.further)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(what, name.empty() ? " is empty" : " is '",
                   absl::CHexEscape(name.substr(0, kShownCharacters)),
                   name.size() > kShownCharacters ? "…" : "",
                   name.empty() ? "" : "'", "; it must be ", rule.text,
                   ", at most ", rule.max_length, " characters"));
}

}  // namespace

absl::Status CheckLowerCaseName(absl::string_view what,
                                absl::string_view name) {
  return CheckName(kLowerCaseName, what, name);
}

absl::Status CheckFieldName(absl::string_view what, absl::string_view name) {
  return CheckName(kFieldName, what, name);
}

absl::Status CheckIdPart(absl::string_view what, absl::string_view part) {
  return CheckName(kIdPart, what, part);
}

absl::Status CheckFileName(absl::string_view what, absl::string_view name) {
  return CheckName(kFileName, what, name);
}

}  // namespace stagecoach
