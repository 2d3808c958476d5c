#include "services/common/base/trace_parent.h"

#include <cstddef>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/ids.h"
#include "services/common/base/sha256.h"

namespace stagecoach {
namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
constexpr size_t kShortDigits = 2;  // of version and flags

bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

std::string RandomHex(size_t digits) {
  std::string id = RandomId(digits);
  for (char& c : id) c = "0123456789abcdef"[kIdAlphabet.find(c) % 16];
  return id;
}

bool IsId(absl::string_view text, size_t digits) {
  return IsHex(text, digits) &&
         text.find_first_not_of('0') != absl::string_view::npos;
}

}  // namespace

std::optional<TraceParent> ParseTraceParent(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
  if (parts.size() < 4 || !IsHex(parts[0], kShortDigits) || parts[0] == "ff" ||
      !IsId(parts[1], kTraceDigits) || !IsId(parts[2], kSpanDigits) ||
      !IsHex(parts[3], kShortDigits) ||
      (parts[0] == "00" && parts.size() > 4)) {
    return std::nullopt;
  }
  return TraceParent{std::string(parts[1]), std::string(parts[2]),
                     std::string(parts[3])};
}

std::string FormatTraceParent(const TraceParent& parent) {
  return absl::StrCat("00-", parent.trace_id, "-", parent.span_id, "-",
                      parent.flags);
}

std::string NewSpan(absl::string_view caller) {
  TraceParent span = ParseTraceParent(caller).value_or(
      TraceParent{RandomHex(kTraceDigits), "", "01"});
  span.span_id = RandomHex(kSpanDigits);
  return FormatTraceParent(span);
}

bool IsRecorded(const TraceParent& parent) {
  return absl::StrContains("13579bdf", parent.flags.back());
}

std::string ChildSpanId(absl::string_view parent_id, absl::string_view name) {
  return Sha256Hex(absl::StrCat(parent_id, "/", name)).substr(0, kSpanDigits);
}

std::string ChildSpan(absl::string_view parent, absl::string_view name) {
  std::optional<TraceParent> span = ParseTraceParent(parent);
  if (!span.has_value()) return "";
  span->span_id = ChildSpanId(span->span_id, name);
  return FormatTraceParent(*span);
}

}  // namespace stagecoach
