// A log record as a line of text, for whoever keeps records elsewhere than on
// stderr.

#ifndef SERVICES_COMMON_BASE_LOG_RECORD_H_
#define SERVICES_COMMON_BASE_LOG_RECORD_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/common/base/logging.h"

namespace stagecoach {

// `INFO execution accepted run=airline-1 slots=2`, on one line whatever the
// values hold.
std::string TextLogRecord(LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields);

// The same after the time, as Log writes it: `2026-11-23T10:00:00.123Z INFO …`.
std::string TimedLogRecord(absl::Time time, LogLevel level,
                           absl::string_view message,
                           absl::Span<const LogField> fields);

// `"level":"info","message":"…","run":"…"`: the members of a JSON object.
std::string JsonLogRecord(LogLevel level, absl::string_view message,
                          absl::Span<const LogField> fields);

// While it lives, every record from `info` up that its thread logs goes to
// `sink`, too, whatever level the process writes. Not nested.
//
// Threads: created and destroyed on one thread, which is also the one that
//          calls `sink`; that must not log. `sink` must outlive it.
class ScopedLogSink {
 public:
  using Sink = absl::FunctionRef<void(LogLevel level, absl::string_view message,
                                      absl::Span<const LogField> fields)>;

  explicit ScopedLogSink(Sink sink);
  ~ScopedLogSink();
  ScopedLogSink(const ScopedLogSink&) = delete;
  ScopedLogSink& operator=(const ScopedLogSink&) = delete;

  // Hands a record to the sink of the calling thread, if there is one.
  static void Offer(LogLevel level, absl::string_view message,
                    absl::Span<const LogField> fields);

 private:
  const Sink sink_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_LOG_RECORD_H_
