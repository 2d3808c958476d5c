#include "services/common/base/logging.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/log_record.h"

namespace stagecoach {
namespace {

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr char kJsonPattern[] = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}";
constexpr absl::string_view kLevelNames[] = {"debug", "info", "warning",
                                             "error"};

struct LogState {
  spdlog::logger logger{"stagecoach",
                        std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::atomic<LogFormat> format = LogFormat::kText;
  std::array<std::atomic<int64_t>, std::size(kLogLevels)> counts = {};
};

void SetFormat(LogState& state, LogFormat format) {
  const bool text = format == LogFormat::kText;
  state.format = format;
  state.logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      text ? kTextPattern : kJsonPattern, spdlog::pattern_time_type::utc));
}

// Never destroyed, so that destructors of other statics may log.
LogState& State() {
  static LogState& state = *[] {
    auto* created = new LogState;
    SetFormat(*created, LogFormat::kText);
    return created;
  }();
  return state;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

LogField::LogField(absl::string_view name, absl::string_view value)
    : name_(name), value_(value) {}
LogField::LogField(absl::string_view name, const char* value)
    : name_(name), value_(value) {}
LogField::LogField(absl::string_view name, const std::string& value)
    : name_(name), value_(value) {}
LogField::LogField(absl::string_view name, bool value)
    : LogField(Number(), name, value ? "true" : "false") {}
LogField::LogField(absl::string_view name, double value)
    : name_(name),
      value_(absl::StrCat(value)),
      is_literal_(std::isfinite(value)) {}
LogField::LogField(absl::string_view name, absl::Duration value)
    : LogField(name, absl::ToDoubleSeconds(value)) {}
LogField::LogField(absl::string_view name, const absl::Status& value)
    : name_(name), value_(value.ToString()) {}
LogField::LogField(Number, absl::string_view name, std::string value)
    : name_(name), value_(std::move(value)), is_literal_(true) {}

void ConfigureLogging(LogFormat format, LogLevel lowest_level) {
  SetFormat(State(), format);
  State().logger.set_level(ToSpdlog(lowest_level));
}

void Log(LogLevel level, absl::string_view message,
         absl::Span<const LogField> fields) {
  ScopedLogSink::Offer(level, message, fields);
  LogState& state = State();
  if (!state.logger.should_log(ToSpdlog(level))) return;
  state.counts[static_cast<size_t>(level)].fetch_add(1,
                                                     std::memory_order_relaxed);
  const std::string record = state.format == LogFormat::kText
                                 ? TextLogRecord(level, message, fields)
                                 : JsonLogRecord(level, message, fields);
  state.logger.log(ToSpdlog(level), spdlog::string_view_t(record));
}

void Log(LogLevel level, absl::string_view message,
         std::initializer_list<LogField> fields) {
  Log(level, message, absl::MakeConstSpan(fields.begin(), fields.size()));
}

int64_t LogMessageCount(LogLevel level) {
  return State().counts[static_cast<size_t>(level)].load(
      std::memory_order_relaxed);
}

absl::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name) {
  for (const LogLevel level : kLogLevels) {
    if (name == LogLevelName(level)) return level;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log level \"", absl::Utf8SafeCEscape(name),
                   "\" is not one of debug, info, warning, error"));
}

absl::StatusOr<LogFormat> ParseLogFormat(absl::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return absl::InvalidArgumentError(absl::StrCat(
      "log format \"", absl::Utf8SafeCEscape(name), "\" is not text or json"));
}

void Logger::Debug(absl::string_view message,
                   std::initializer_list<LogField> fields) const {
  Write(LogLevel::kDebug, message, fields);
}
void Logger::Info(absl::string_view message,
                  std::initializer_list<LogField> fields) const {
  Write(LogLevel::kInfo, message, fields);
}
void Logger::Warning(absl::string_view message,
                     std::initializer_list<LogField> fields) const {
  Write(LogLevel::kWarning, message, fields);
}
void Logger::Error(absl::string_view message,
                   std::initializer_list<LogField> fields) const {
  Write(LogLevel::kError, message, fields);
}

void Logger::Write(LogLevel level, absl::string_view message,
                   std::initializer_list<LogField> fields) const {
  std::vector<LogField> all = fields_;
  all.insert(all.end(), fields.begin(), fields.end());
  Log(level, message, absl::MakeConstSpan(all));
}

}  // namespace stagecoach
