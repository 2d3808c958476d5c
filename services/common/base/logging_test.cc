#include "services/common/base/logging.h"

#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

template <typename Body>
std::string Written(LogFormat format, Body body) {
  ConfigureLogging(format, LogLevel::kInfo);
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(LoggingTest, TextRecordIsOneLineWithTimeLevelMessageAndFields) {
  const std::string line = Written(LogFormat::kText, [] {
    Log(LogLevel::kInfo, "run started",
        {{"run", "airline-1"}, {"attempt", 2}, {"cached", false}});
  });
  EXPECT_THAT(line,
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+"
                           "Z INFO run started run=airline-1 attempt=2 "
                           "cached=false\n"));
}

TEST(LoggingTest, TextKeepsAwkwardValuesOnOneLine) {
  const std::string line = Written(LogFormat::kText, [] {
    Log(LogLevel::kError, "two\nlines",
        {{"path", "a b\n\"c\""}, {"empty", ""}});
  });
  EXPECT_THAT(
      line,
      EndsWith("ERROR two\\nlines path=\"a b\\n\\\"c\\\"\" empty=\"\"\n"));
}

TEST(LoggingTest, JsonRecordKeepsTheTypesOfValues) {
  const std::string line = Written(LogFormat::kJson, [] {
    Log(LogLevel::kWarning, "a \"quoted\" {} word",
        {{"text", "7"},
         {"count", int64_t{-7}},
         {"ratio", 0.5},
         {"waited", absl::Milliseconds(250)},
         {"not_finite", 1.0 / 0.0},
         {"why", absl::NotFoundError("gone")}});
  });
  const auto record = nlohmann::json::parse(line);
  EXPECT_EQ(record["level"], "warning");
  EXPECT_EQ(record["message"], "a \"quoted\" {} word");
  EXPECT_EQ(record["text"], "7");
  EXPECT_EQ(record["count"], -7);
  EXPECT_EQ(record["ratio"], 0.5);
  EXPECT_EQ(record["waited"], 0.25);
  EXPECT_EQ(record["not_finite"], "inf");
  EXPECT_EQ(record["why"], "NOT_FOUND: gone");
  EXPECT_TRUE(record.contains("time"));
}

TEST(LoggingTest, JsonStaysValidForBytesThatAreNotUtf8) {
  const std::string line = Written(LogFormat::kJson, [] {
    Log(LogLevel::kInfo, "bad", {{"bytes", std::string("\xff\x00", 2)}});
  });
  EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(LoggingTest, RecordsBelowTheLevelAreNeitherWrittenNorCounted) {
  const int64_t before = LogMessageCount(LogLevel::kDebug);
  const std::string none =
      Written(LogFormat::kText, [] { Log(LogLevel::kDebug, "detail"); });
  EXPECT_THAT(none, IsEmpty());
  EXPECT_EQ(LogMessageCount(LogLevel::kDebug), before);
}

TEST(LoggingTest, WrittenRecordsAreCountedByLevel) {
  const int64_t infos = LogMessageCount(LogLevel::kInfo);
  const int64_t errors = LogMessageCount(LogLevel::kError);
  Written(LogFormat::kText, [] {
    Log(LogLevel::kError, "one");
    Log(LogLevel::kError, "two");
  });
  EXPECT_EQ(LogMessageCount(LogLevel::kError), errors + 2);
  EXPECT_EQ(LogMessageCount(LogLevel::kInfo), infos);
}

TEST(LoggingTest, LoggerPutsItsOwnFieldsFirst) {
  const Logger logger({{"run", "r1"}, {"step", "train"}});
  const std::string line = Written(LogFormat::kText, [&] {
    logger.Warning("late", {{"epoch", 3}});
  });
  EXPECT_THAT(line, HasSubstr("WARNING late run=r1 step=train epoch=3"));
}

TEST(LoggingTest, ParsesNamesAndListsThemWhenUnknown) {
  for (const LogLevel level : kLogLevels) {
    EXPECT_THAT(ParseLogLevel(LogLevelName(level)), IsOkAndHolds(level));
  }
  EXPECT_THAT(ParseLogLevel("warn"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"warn\" is not one of debug, info")));
  EXPECT_THAT(ParseLogFormat("json"), IsOkAndHolds(LogFormat::kJson));
  EXPECT_THAT(ParseLogFormat("xml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"xml\" is not text or json")));
}

}  // namespace
}  // namespace stagecoach
