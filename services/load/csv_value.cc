#include "services/load/csv_value.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
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

// fast_float gives infinity both for the word and for overflow.
bool IsWord(absl::string_view number) {
  return absl::ascii_isalpha(
      static_cast<unsigned char>(absl::StripPrefix(number, "-").front()));
}

}  // namespace

absl::StatusOr<float> ParseCsvValue(absl::string_view text) {
  absl::string_view number = absl::StripAsciiWhitespace(text);
  if (number.empty()) {
    return absl::FailedPreconditionError("the value is missing");
  }
  if (number.size() > 1 && number[0] == '+' && number[1] != '-') {
    number.remove_prefix(1);
  }
  float value = 0;
  const char* const end = number.data() + number.size();
  const auto parsed = fast_float::from_chars(number.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Refuse(text, " is not a number");
  }
  if (std::isfinite(value)) return value;
  return Refuse(text, IsWord(number) ? " is not a finite number"
                                     : " is too large for a 32-bit float");
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
