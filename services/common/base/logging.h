// Structured logging: one record a line on stderr, as text or as JSON.
//
//   Log(LogLevel::kInfo, "execution accepted", {{"run", run}, {"slots", 2}});
//   2026-11-23T10:00:00.123Z INFO execution accepted run=airline-1 slots=2
//   {"time":"2026-…Z","level":"info","message":"execution accepted",
//    "run":"airline-1","slots":2}
//
//   const Logger log({{"run", run}, {"step", "train"}});
//   log.Warning("checkpoint is damaged", {{"path", path}});
//
// Not for anything that a user is meant to read as an answer: programs print
// that to stdout, and errors travel as absl::Status.

#ifndef SERVICES_COMMON_BASE_LOGGING_H_
#define SERVICES_COMMON_BASE_LOGGING_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace stagecoach {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
inline constexpr LogLevel kLogLevels[] = {LogLevel::kDebug, LogLevel::kInfo,
                                          LogLevel::kWarning, LogLevel::kError};

enum class LogFormat { kText, kJson };

// A named value of a record. Names are snake_case words known when the program
// is written; `time`, `level` and `message` are taken.
class LogField {
 public:
  LogField(absl::string_view name, absl::string_view value);
  LogField(absl::string_view name, const char* value);
  LogField(absl::string_view name, const std::string& value);
  LogField(absl::string_view name, bool value);
  LogField(absl::string_view name, double value);
  // Written in seconds, as a number.
  LogField(absl::string_view name, absl::Duration value);
  // Written as CODE: message.
  LogField(absl::string_view name, const absl::Status& value);
  template <typename Integer,
            std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
  LogField(absl::string_view name, Integer value)
      : LogField(Number(), name, std::to_string(value)) {}

  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  // Whether JSON shows the value as it is rather than as a string.
  bool is_literal() const { return is_literal_; }

 private:
  struct Number {};
  LogField(Number, absl::string_view name, std::string value);

  std::string name_;
  std::string value_;
  bool is_literal_ = false;
};

// How records are written from now on, until the next call. Before the first
// call: text, from kInfo up. Any thread.
void ConfigureLogging(LogFormat format, LogLevel lowest_level);

// Writes one record, unless `level` is below the lowest one. Any thread; lines
// of several threads do not mix. Blocks while stderr does.
void Log(LogLevel level, absl::string_view message,
         absl::Span<const LogField> fields);
void Log(LogLevel level, absl::string_view message,
         std::initializer_list<LogField> fields = {});

// How many records of `level` were written by this process, for
// `stagecoach_log_messages_total`.
int64_t LogMessageCount(LogLevel level);

// `debug`, `info`, `warning`, `error`.
absl::string_view LogLevelName(LogLevel level);

// The level or format of that name. INVALID_ARGUMENT lists the known ones.
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name);
absl::StatusOr<LogFormat> ParseLogFormat(absl::string_view name);

// Puts the same fields first in every record.
//
// Threads: constant after construction; any thread.
class Logger {
 public:
  Logger() = default;
  explicit Logger(std::vector<LogField> fields) : fields_(std::move(fields)) {}

  void Debug(absl::string_view message,
             std::initializer_list<LogField> fields = {}) const;
  void Info(absl::string_view message,
            std::initializer_list<LogField> fields = {}) const;
  void Warning(absl::string_view message,
               std::initializer_list<LogField> fields = {}) const;
  void Error(absl::string_view message,
             std::initializer_list<LogField> fields = {}) const;

 private:
  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) const;

  std::vector<LogField> fields_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_LOGGING_H_
