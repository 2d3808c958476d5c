#include "services/load/timestamp.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/load/csv_value.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kAuto = "auto";
constexpr absl::string_view kIso = "ISO 8601";
constexpr absl::string_view kQuarter = "YYYY-Qn";
constexpr absl::string_view kCompact = "YYYYMMDD";
constexpr absl::string_view kUnix = "unix";
constexpr absl::string_view kUnixMs = "unix_ms";

// Those of absl::ParseTime that are told from each other by their text.
constexpr absl::string_view kFormats[] = {
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%b %Y",    "%b-%Y",
    "%Y %b",    "%Y-%b",          "%d %b %Y",          "%d-%b-%Y", "%b %d, %Y",
    "%b %d %Y",
};

constexpr int64_t kLastYear = 9999;

// Reads digits and separators from the front of a text.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  // `digits` digits, at most 9.
  std::optional<int> Number(size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(rest_[i]))) {
        return std::nullopt;
      }
      value = 10 * value + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool Take(char wanted) {
    if (rest_.empty() || rest_[0] != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipDigits() {
    while (!rest_.empty() &&
           absl::ascii_isdigit(static_cast<unsigned char>(rest_[0]))) {
      rest_.remove_prefix(1);
    }
  }
  bool done() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

struct Fields {
  int year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int offset_minutes = 0;  // east of UTC
};

std::optional<int64_t> ToSeconds(const Fields& fields) {
  // A leap second is the last of its minute.
  const int second = fields.second == 60 ? 59 : fields.second;
  const absl::CivilSecond civil(fields.year, fields.month, fields.day,
                                fields.hour, fields.minute, second);
  const bool exists =
      civil.year() == fields.year && civil.month() == fields.month &&
      civil.day() == fields.day && civil.hour() == fields.hour &&
      civil.minute() == fields.minute && civil.second() == second;
  if (!exists || fields.year < 1) return std::nullopt;
  return (civil - absl::CivilSecond(1970, 1, 1)) -
         int64_t{60} * fields.offset_minutes;
}

bool ReadTwo(Cursor& cursor, int& value) {
  const std::optional<int> number = cursor.Number(2);
  if (number.has_value()) value = *number;
  return number.has_value();
}

// `Z`, `+hh:mm`, `+hhmm`, `+hh` or nothing.
bool ReadZone(Cursor& cursor, Fields& fields) {
  cursor.Take(' ');
  if (cursor.done() || cursor.Take('Z')) return true;
  const bool west = cursor.Take('-');
  if (!west && !cursor.Take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!ReadTwo(cursor, hours)) return false;
  const bool colon = cursor.Take(':');
  if ((colon || !cursor.done()) && !ReadTwo(cursor, minutes)) return false;
  fields.offset_minutes = (west ? -1 : 1) * (60 * hours + minutes);
  return true;
}

bool ReadClock(Cursor& cursor, Fields& fields) {
  if (!ReadTwo(cursor, fields.hour) || !cursor.Take(':') ||
      !ReadTwo(cursor, fields.minute)) {
    return false;
  }
  if (cursor.Take(':')) {
    if (!ReadTwo(cursor, fields.second)) return false;
    if (cursor.Take('.') || cursor.Take(',')) cursor.SkipDigits();
  }
  return ReadZone(cursor, fields);
}

std::optional<int64_t> ParseIso(absl::string_view text) {
  Cursor cursor(text);
  Fields fields;
  const std::optional<int> year = cursor.Number(4);
  if (!year.has_value()) return std::nullopt;
  fields.year = *year;
  if (cursor.done()) return ToSeconds(fields);
  const char separator = cursor.Take('/') ? '/' : '-';
  if (separator == '-' && !cursor.Take('-')) return std::nullopt;
  if (!ReadTwo(cursor, fields.month)) return std::nullopt;
  if (cursor.done()) return ToSeconds(fields);
  if (!cursor.Take(separator) || !ReadTwo(cursor, fields.day)) {
    return std::nullopt;
  }
  if (!cursor.done()) {
    if (!cursor.Take('T') && !cursor.Take(' ')) return std::nullopt;
    if (!ReadClock(cursor, fields) || !cursor.done()) return std::nullopt;
  }
  return ToSeconds(fields);
}

std::optional<int64_t> ParseQuarter(absl::string_view text) {
  Cursor cursor(text);
  Fields fields;
  const std::optional<int> year = cursor.Number(4);
  cursor.Take('-');
  if (!year.has_value() || !cursor.Take('Q')) return std::nullopt;
  const std::optional<int> quarter = cursor.Number(1);
  if (!quarter.has_value() || *quarter < 1 || *quarter > 4 || !cursor.done()) {
    return std::nullopt;
  }
  fields.year = *year;
  fields.month = 3 * (*quarter - 1) + 1;
  return ToSeconds(fields);
}

std::optional<int64_t> ParseCompact(absl::string_view text) {
  if (text.size() != 8) return std::nullopt;
  Cursor cursor(text);
  Fields fields;
  const std::optional<int> year = cursor.Number(4);
  if (!year.has_value() || !ReadTwo(cursor, fields.month) ||
      !ReadTwo(cursor, fields.day)) {
    return std::nullopt;
  }
  fields.year = *year;
  return ToSeconds(fields);
}

std::optional<int64_t> ParseUnix(absl::string_view text, int64_t per_second) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value / per_second - (value % per_second < 0 ? 1 : 0);
}

std::optional<int64_t> ParseFormat(const std::string& format,
                                   absl::string_view text) {
  absl::Time time;
  if (!absl::ParseTime(format, text, &time, nullptr)) return std::nullopt;
  const absl::CivilSecond civil =
      absl::ToCivilSecond(time, absl::UTCTimeZone());
  // absl also knows `infinite-future`.
  if (civil.year() < 1 || civil.year() > kLastYear) return std::nullopt;
  return absl::ToUnixSeconds(time);
}

std::optional<int64_t> ParseAs(const std::string& format,
                               absl::string_view text) {
  if (format == kIso) return ParseIso(text);
  if (format == kQuarter) return ParseQuarter(text);
  if (format == kCompact) return ParseCompact(text);
  if (format == kUnix) return ParseUnix(text, 1);
  if (format == kUnixMs) return ParseUnix(text, 1000);
  return ParseFormat(format, text);
}

// `1/2/1949` or `01-02-49`: nobody can tell whose order this is.
bool HasTwoOrders(absl::string_view text) {
  const size_t first = text.find_first_not_of("0123456789");
  return first == 1 || (first == 2 && (text[2] == '/' || text[2] == '-'));
}

absl::Status NoTime(absl::string_view text, absl::string_view format) {
  if (text.empty()) {
    return absl::FailedPreconditionError("the timestamp is missing");
  }
  if (format != kAuto) {
    return absl::FailedPreconditionError(
        absl::StrCat(QuotedForMessage(text), " is no time in the format ",
                     format, ", which is that of the column"));
  }
  if (HasTwoOrders(text)) {
    return absl::FailedPreconditionError(absl::StrCat(
        QuotedForMessage(text),
        " may be read in several ways; set parameter 'timestamp_format', e.g. "
        "to %m/%d/%Y or %d/%m/%Y"));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      QuotedForMessage(text),
      " is no time that is known, such as 1949-01-31 or 1949-01-31T12:00:00; "
      "parameter 'timestamp_format' says how else it is written"));
}

}  // namespace

absl::StatusOr<TimestampParser> TimestampParser::Create(
    absl::string_view format) {
  const bool word = format == kAuto || format == kUnix || format == kUnixMs;
  if (!word && !absl::StrContains(format, '%')) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter 'timestamp_format' is ", QuotedForMessage(format),
        "; it must be auto, unix, unix_ms, or a format such as %d/%m/%Y"));
  }
  return TimestampParser(std::string(format), format != kAuto);
}

absl::StatusOr<int64_t> TimestampParser::Parse(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (!settled_) return Settle(text);
  const std::optional<int64_t> time = ParseAs(format_, text);
  if (time.has_value()) return *time;
  return NoTime(text, format_);
}

absl::StatusOr<int64_t> TimestampParser::Settle(absl::string_view text) {
  const auto try_format = [&](absl::string_view format) {
    const std::string as_text(format);
    const std::optional<int64_t> time = ParseAs(as_text, text);
    if (time.has_value()) {
      format_ = as_text;
      settled_ = true;
    }
    return time;
  };
  for (const absl::string_view format : {kIso, kQuarter, kCompact}) {
    if (const auto time = try_format(format)) return *time;
  }
  for (const absl::string_view format : kFormats) {
    if (const auto time = try_format(format)) return *time;
  }
  return NoTime(text, kAuto);
}

std::string TimestampText(int64_t unix_seconds) {
  const absl::CivilSecond civil = absl::ToCivilSecond(
      absl::FromUnixSeconds(unix_seconds), absl::UTCTimeZone());
  const absl::CivilDay day(civil);
  if (absl::CivilSecond(day) == civil) return absl::FormatCivilTime(day);
  return absl::FormatCivilTime(civil) + "Z";
}

}  // namespace stagecoach
