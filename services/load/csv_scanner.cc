#include "services/load/csv_scanner.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace stagecoach {
namespace {

absl::string_view WithoutByteOrderMark(absl::string_view bytes) {
  return absl::StripPrefix(bytes, "\xEF\xBB\xBF");
}

}  // namespace

std::string CsvField::Value() const {
  if (!quoted) return std::string(text);
  return absl::StrReplaceAll(text, {{"\"\"", "\""}});
}

CsvScanner::CsvScanner(absl::string_view bytes, char delimiter)
    : bytes_(WithoutByteOrderMark(bytes)), structure_(bytes_, delimiter) {}

absl::StatusOr<size_t> CsvScanner::ScanQuoted(CsvField& field) {
  const size_t start = position_ + 1;
  size_t at = structure_.Next(start);
  for (; at < bytes_.size(); at = structure_.Next(at + 1)) {
    if (bytes_[at] == '\0') return at;
    if (bytes_[at] == '\n') ++next_line_;
    if (bytes_[at] != '"') continue;
    if (!absl::StartsWith(bytes_.substr(at + 1), "\"")) break;
    ++at;
  }
  if (at >= bytes_.size()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "line ", line_, ": a quoted field starts here and is never closed"));
  }
  field = {bytes_.substr(start, at - start), /*quoted=*/true};
  size_t end = at + 1;
  if (absl::StartsWith(bytes_.substr(end), "\r\n")) ++end;
  if (structure_.Next(end) != end) {
    return absl::FailedPreconditionError(
        absl::StrCat("line ", line_,
                     ": there is text between a closing quote and the next "
                     "delimiter; double the quotes inside a quoted field"));
  }
  return end;
}

absl::Status CsvScanner::NulByte() const {
  return absl::FailedPreconditionError(absl::StrCat(
      "line ", line_,
      " holds a NUL byte: this is a binary file (or UTF-16), not CSV text in "
      "UTF-8"));
}

}  // namespace stagecoach
