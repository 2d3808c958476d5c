// Reads times as people write them in tables.

#ifndef SERVICES_LOAD_TIMESTAMP_H_
#define SERVICES_LOAD_TIMESTAMP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Of one column: the first text settles how all of them are written.
//
// Threads: one at a time.
class TimestampParser {
 public:
  // `format` is
  //   auto     ISO 8601 (`1949-01-31T12:00:00.5+01:00`, seconds, time and day
  //            may be missing, `T` may be a blank, `-` may be `/`), a year, a
  //            quarter (`1949-Q1`), `19490131`, `31.01.1949`, or a month by its
  //            English name (`Jan 1949`, `31 January 1949`, `Jan 31, 1949`);
  //   unix, unix_ms   seconds or milliseconds since 1970;
  //   anything else   as of strptime, e.g. `%d/%m/%Y %H:%M`.
  // Without a zone a time is in UTC; without a day, the first; fractions of
  // seconds are cut.
  //
  // INVALID_ARGUMENT: a format that is empty or holds no `%`.
  static absl::StatusOr<TimestampParser> Create(absl::string_view format);

  // Seconds since 1970 in UTC; blanks around the text are ignored.
  //
  // FAILED_PRECONDITION quoting the text: it is missing, is no time, or is
  //   written in another way than the first; `01/02/1949` also tells what to
  //   do about it.
  absl::StatusOr<int64_t> Parse(absl::string_view text);

 private:
  explicit TimestampParser(std::string format, bool settled)
      : format_(std::move(format)), settled_(settled) {}

  absl::StatusOr<int64_t> Settle(absl::string_view text);

  std::string format_;  // of absl::ParseTime, or a word
  bool settled_;
};

// A time in messages: `1949-01-31`, or `1949-01-31T12:00:00Z`.
std::string TimestampText(int64_t unix_seconds);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_TIMESTAMP_H_
