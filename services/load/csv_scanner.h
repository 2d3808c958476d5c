// Splits CSV bytes (RFC 4180) into records and fields, in one pass and without
// copies. The bytes may come in parts: a record that goes on beyond the part at
// hand is not read until there is more.
//
// Accepts LF and CRLF, a UTF-8 byte order mark, quoted fields with doubled
// quotes, delimiters and line feeds inside, and a last line without an end. A
// quote inside a field that does not start with one is an ordinary character.

#ifndef SERVICES_LOAD_CSV_SCANNER_H_
#define SERVICES_LOAD_CSV_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/base/status_macros.h"
#include "services/load/structural_bytes.h"

namespace stagecoach {

// One field where it stands in the file.
struct CsvField {
  // Without the enclosing quotes; doubled quotes are still doubled.
  absl::string_view text;
  // Whether it stood in quotes.
  bool quoted = false;

  // The field's value: a copy, with doubled quotes made one.
  std::string Value() const;
};

// Threads:   one at a time.
// Ownership: the bytes belong to somebody else and must outlive the scanner.
class CsvScanner {
 public:
  // `bytes` are the first of the file; all there are if `last`.
  CsvScanner(absl::string_view bytes, char delimiter, bool last = true);

  // Goes on with `bytes`, which start with what is unread().
  void Continue(absl::string_view bytes, bool last);

  absl::string_view unread() const { return bytes_.substr(position_); }
  // Whether the bytes at hand are the last.
  bool last() const { return last_; }

  // Whether nothing is left but blanks and line ends.
  bool OnlyBlanksLeft() const {
    return absl::StripLeadingAsciiWhitespace(unread()).empty();
  }
  // Whether the next record is a line with nothing on it.
  bool AtEmptyLine() const {
    const absl::string_view rest = bytes_.substr(position_, 2);
    return absl::StartsWith(rest, "\n") || rest == "\r\n";
  }
  bool NextIs(char byte) const {
    return position_ < bytes_.size() && bytes_[position_] == byte;
  }
  // Passes over the rest of the line. False, and nothing done, if its end is
  // not at hand.
  bool SkipLine();

  // Reads the next record if it is a simple one: without quotes and NUL, its
  // line feed at hand. Puts the fields of which `wanted` has the indexes,
  // ascending, into `texts`, one for each, and returns how many fields there
  // were; those that are missing keep what they were. 0, and nothing has been
  // read, if it is not that simple: NextRecord is for all of them.
  int64_t NextPlainRecord(absl::Span<const int64_t> wanted,
                          absl::Span<absl::string_view> texts);

  // Calls `visit(index, field)` for each field of the next record, index from
  // 0, and returns how many there were. Not to be called when nothing is left.
  // 0 if the record's end is not at hand: then nothing has been read, and what
  // was visited does not count.
  //
  // FAILED_PRECONDITION with the line: a NUL byte (no text file has one), a
  // quote that is never closed, or text between a closing quote and the next
  // delimiter.
  template <typename Visitor>
  absl::StatusOr<int64_t> NextRecord(Visitor&& visit);

  // The line, from 1, on which the last record read started; 0 before.
  int64_t line() const { return line_; }
  // The line on which the next one will start.
  int64_t next_line() const { return next_line_; }
  // How many bytes have been read.
  size_t position() const { return position_; }

 private:
  // Reads the field that starts with a quote at `position_` and returns where
  // it ends: at a delimiter, a line feed or the end of the bytes. Of a field
  // that goes on beyond them only the latter is right.
  absl::StatusOr<size_t> ScanQuoted(CsvField& field);
  // Reads any other field.
  size_t ScanPlain(CsvField& field);
  absl::Status NulByte() const;

  absl::string_view bytes_;
  const char delimiter_;
  bool last_;
  StructuralBytes structure_;
  size_t position_ = 0;
  int64_t line_ = 0;
  int64_t next_line_ = 1;
};

inline size_t CsvScanner::ScanPlain(CsvField& field) {
  size_t end = structure_.Next(position_);
  while (end < bytes_.size() && bytes_[end] == '"') {
    end = structure_.Next(end + 1);
  }
  const bool crlf = end > position_ && bytes_[end - 1] == '\r' &&
                    (end == bytes_.size() || bytes_[end] == '\n');
  field.text = bytes_.substr(position_, end - position_ - (crlf ? 1 : 0));
  return end;
}

template <typename Visitor>
absl::StatusOr<int64_t> CsvScanner::NextRecord(Visitor&& visit) {
  const size_t start = position_;
  line_ = next_line_++;
  for (int64_t index = 0;; ++index) {
    CsvField field;
    size_t end;
    if (NextIs('"')) {
      SC_ASSIGN_OR_RETURN(end, ScanQuoted(field));
    } else {
      end = ScanPlain(field);
    }
    const bool at_end = end == bytes_.size();
    if (at_end && !last_) {
      position_ = start;
      next_line_ = line_;
      return 0;
    }
    if (!at_end && bytes_[end] == '\0') return NulByte();
    const bool last = at_end || bytes_[end] == '\n';
    visit(index, field);
    position_ = at_end ? end : end + 1;
    if (last) return index + 1;
  }
}

}  // namespace stagecoach

#endif  // SERVICES_LOAD_CSV_SCANNER_H_
