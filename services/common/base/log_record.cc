#include "services/common/base/log_record.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace stagecoach {
namespace {

constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E3SZ";

thread_local const ScopedLogSink::Sink* thread_sink = nullptr;

std::string JsonString(absl::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool NeedsQuotes(absl::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (absl::ascii_isspace(c) || absl::ascii_iscntrl(c) || c == '"' ||
        c == '=') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string TextLogRecord(LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields) {
  std::string record =
      absl::StrCat(absl::AsciiStrToUpper(LogLevelName(level)), " ",
                   absl::StrReplaceAll(message, {{"\n", "\\n"}}));
  for (const LogField& field : fields) {
    absl::StrAppend(&record, " ", field.name(), "=");
    if (NeedsQuotes(field.value())) {
      absl::StrAppend(&record, "\"", absl::Utf8SafeCEscape(field.value()),
                      "\"");
    } else {
      absl::StrAppend(&record, field.value());
    }
  }
  return record;
}

std::string TimedLogRecord(absl::Time time, LogLevel level,
                           absl::string_view message,
                           absl::Span<const LogField> fields) {
  return absl::StrCat(absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone()),
                      " ", TextLogRecord(level, message, fields));
}

std::string JsonLogRecord(LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields) {
  std::string record = absl::StrCat("\"level\":\"", LogLevelName(level),
                                    "\",\"message\":", JsonString(message));
  for (const LogField& field : fields) {
    absl::StrAppend(
        &record, ",", JsonString(field.name()), ":",
        field.is_literal() ? field.value() : JsonString(field.value()));
  }
  return record;
}

ScopedLogSink::ScopedLogSink(Sink sink) : sink_(sink) { thread_sink = &sink_; }

ScopedLogSink::~ScopedLogSink() { thread_sink = nullptr; }

void ScopedLogSink::Offer(LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields) {
  if (thread_sink == nullptr || level < LogLevel::kInfo) return;
  (*thread_sink)(level, message, fields);
}

}  // namespace stagecoach
