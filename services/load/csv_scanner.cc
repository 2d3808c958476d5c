#include "services/load/csv_scanner.h"

#include <bit>

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

CsvScanner::CsvScanner(absl::string_view bytes, char delimiter, bool last)
    : bytes_(WithoutByteOrderMark(bytes)),
      delimiter_(delimiter),
      last_(last),
      structure_(bytes_, delimiter) {}

void CsvScanner::Continue(absl::string_view bytes, bool last) {
  bytes_ = bytes;
  last_ = last;
  structure_ = StructuralBytes(bytes, delimiter_);
  position_ = 0;
}

bool CsvScanner::SkipLine() {
  const size_t end = bytes_.find('\n', position_);
  if (end == absl::string_view::npos && !last_) return false;
  position_ = end == absl::string_view::npos ? bytes_.size() : end + 1;
  line_ = next_line_++;
  return true;
}

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
    if (!last_) return bytes_.size();
    return absl::FailedPreconditionError(absl::StrCat(
        "line ", line_, ": a quoted field starts here and is never closed"));
  }
  field = {bytes_.substr(start, at - start), /*quoted=*/true};
  size_t end = at + 1;
  if (absl::StartsWith(bytes_.substr(end), "\r\n")) ++end;
  const size_t next = structure_.Next(end);
  if (next == bytes_.size() && !last_) return next;
  if (next != end) {
    return absl::FailedPreconditionError(
        absl::StrCat("line ", line_,
                     ": there is text between a closing quote and the next "
                     "delimiter; double the quotes inside a quoted field"));
  }
  return end;
}

// What it loops over stays in registers, which is what makes it quick.
int64_t CsvScanner::NextPlainRecord(absl::Span<const int64_t> wanted,
                                    absl::Span<absl::string_view> texts) {
  const char* const data = bytes_.data();
  const size_t size = bytes_.size();
  const char delimiter = delimiter_;
  const size_t count = wanted.size();
  size_t start = position_;
  size_t block = start / StructuralBytes::kBlock;
  uint64_t mask = structure_.Mask(block) &
                  (~uint64_t{0} << (start % StructuralBytes::kBlock));
  size_t next = 0;
  for (int64_t index = 0;;) {
    while (mask == 0) {
      if (++block * StructuralBytes::kBlock >= size) return 0;
      mask = structure_.Mask(block);
    }
    const size_t at = block * StructuralBytes::kBlock + std::countr_zero(mask);
    mask &= mask - 1;
    const char byte = data[at];
    const bool last = byte == '\n';
    if (byte != delimiter && !last) return 0;
    if (next < count && index == wanted[next]) {
      const bool crlf = last && at > start && data[at - 1] == '\r';
      texts[next++] = bytes_.substr(start, at - start - (crlf ? 1 : 0));
    }
    ++index;
    start = at + 1;
    if (!last) continue;
    position_ = start;
    line_ = next_line_++;
    return index;
  }
}

absl::Status CsvScanner::NulByte() const {
  return absl::FailedPreconditionError(absl::StrCat(
      "line ", line_,
      " holds a NUL byte: this is a binary file (or UTF-16), not CSV text in "
      "UTF-8"));
}

}  // namespace stagecoach
