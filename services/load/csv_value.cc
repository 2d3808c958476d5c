#include "services/load/csv_value.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fast_float/fast_float.h"

namespace stagecoach {
namespace {

constexpr size_t kLongestQuote = 40;

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat(QuotedForMessage(text), why));
}

constexpr absl::string_view kMissing[] = {"na",   "n/a",  "nan", "null", "none",
                                          "#n/a", "<na>", "?",   "-nan"};

bool IsMissing(absl::string_view number) {
  if (number.empty()) return true;
  for (const absl::string_view each : kMissing) {
    if (absl::EqualsIgnoreCase(number, each)) return true;
  }
  return false;
}

// What to do about `1,5` and `1.234,5`.
absl::string_view DecimalHint(absl::string_view number, char decimal) {
  const char other = decimal == '.' ? ',' : '.';
  if (number.find(other) == absl::string_view::npos ||
      number.find_first_not_of("+-0123456789.,eE") != absl::string_view::npos) {
    return "";
  }
  return decimal == '.'
             ? "; if the comma stands before the fraction, set parameter "
               "'decimal' to comma; digits are not grouped"
             : "; parameter 'decimal' says that a comma stands before the "
               "fraction; digits are not grouped";
}

// fast_float gives infinity both for the word and for overflow.
bool IsWord(absl::string_view number) {
  return absl::ascii_isalpha(
      static_cast<unsigned char>(absl::StripPrefix(number, "-").front()));
}

}  // namespace

absl::StatusOr<float> ParseCsvValue(absl::string_view text, char decimal) {
  absl::string_view number = absl::StripAsciiWhitespace(text);
  if (number.size() > 1 && number[0] == '+' && number[1] != '-') {
    number.remove_prefix(1);
  }
  float value = 0;
  const char* const end = number.data() + number.size();
  const auto parsed = fast_float::from_chars_advanced(
      number.data(), end, value,
      fast_float::parse_options(fast_float::chars_format::general, decimal));
  const bool whole = parsed.ec == std::errc() && parsed.ptr == end;
  if (whole && std::isfinite(value)) return value;
  if (IsMissing(number)) return std::numeric_limits<float>::quiet_NaN();
  if (!whole) {
    return Refuse(
        text, absl::StrCat(" is not a number", DecimalHint(number, decimal)));
  }
  return Refuse(text, IsWord(number) ? " is not a finite number"
                                     : " is too large for a 32-bit float");
}

bool IsCsvNumber(absl::string_view text) {
  const absl::StatusOr<float> value = ParseCsvValue(text);
  return value.ok() && !std::isnan(*value);
}

std::string QuotedForMessage(absl::string_view text) {
  const bool cut = text.size() > kLongestQuote;
  const nlohmann::json json = std::string(text.substr(0, kLongestQuote));
  std::string quoted =
      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (cut) quoted.insert(quoted.size() - 1, "…");
  return quoted;
}

}  // namespace stagecoach
