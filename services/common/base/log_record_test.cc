#include "services/common/base/log_record.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

TEST(LogRecordTest, IsOneLineWithTheTimeInFront) {
  EXPECT_EQ(TimedLogRecord(absl::FromUnixMillis(1'700'000'000'123),
                           LogLevel::kWarning, "two\nlines",
                           {{"path", "a b"}, {"attempt", 2}}),
            "2023-11-14T22:13:20.123Z WARNING two\\nlines path=\"a b\" "
            "attempt=2");
}

TEST(ScopedLogSinkTest, GetsWhatItsThreadLogsWhileItLives) {
  std::vector<std::string> seen;
  const auto keep = [&seen](LogLevel level, absl::string_view message,
                            absl::Span<const LogField> fields) {
    seen.push_back(TextLogRecord(level, message, fields));
  };
  Log(LogLevel::kInfo, "before");
  {
    const ScopedLogSink sink(keep);
    ConfigureLogging(LogFormat::kText, LogLevel::kError);
    Log(LogLevel::kInfo, "within", {{"n", 1}});
    Log(LogLevel::kDebug, "too little");
    std::thread([] { Log(LogLevel::kInfo, "elsewhere"); }).join();
    ConfigureLogging(LogFormat::kText, LogLevel::kInfo);
  }
  Log(LogLevel::kInfo, "after");
  EXPECT_THAT(seen, ElementsAre("INFO within n=1"));
}

}  // namespace
}  // namespace stagecoach
