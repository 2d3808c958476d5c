#include "services/common/rpc/serve_options.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/flags.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ServeOptionsTest : public testing::Test {
 protected:
  // Parses and keeps what was printed.
  std::optional<int> Parse(const std::vector<const char*>& flags) {
    CLI::App app("Serves a test.", "stagecoach-test");
    AddServeFlags(app, options_);
    std::vector<const char*> argv = {"stagecoach-test"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const std::optional<int> code =
        ParseFlags(app, static_cast<int>(argv.size()), argv.data(),
                   [this] { return options_.Validate(); });
    error_ = testing::internal::GetCapturedStderr();
    output_ = testing::internal::GetCapturedStdout();
    return code;
  }

  ServeOptions options_;
  std::string output_;
  std::string error_;
};

TEST_F(ServeOptionsTest, WithoutFlagsTheDefaultsHold) {
  EXPECT_EQ(Parse({}), std::nullopt);
  EXPECT_EQ(options_.listen_address, "0.0.0.0:50051");
  EXPECT_EQ(options_.metrics_listen_address, "0.0.0.0:9464");
  EXPECT_EQ(options_.log_format, LogFormat::kText);
  EXPECT_EQ(options_.log_level, LogLevel::kInfo);
  EXPECT_EQ(options_.drain_timeout, absl::Seconds(20));
  EXPECT_THAT(options_.volumes, IsEmpty());
}

TEST_F(ServeOptionsTest, EveryFlagFillsItsField) {
  EXPECT_EQ(Parse({"--listen=127.0.0.1:0", "--metrics-listen", "127.0.0.1:1",
                   "--volume=artifacts=/a", "--volume=data=/b=c",
                   "--endpoints-file=/tmp/e", "--log-format=json",
                   "--log-level=debug", "--drain-timeout=1m30s"}),
            std::nullopt)
      << error_;
  EXPECT_EQ(options_.listen_address, "127.0.0.1:0");
  EXPECT_EQ(options_.metrics_listen_address, "127.0.0.1:1");
  EXPECT_THAT(options_.volumes, ElementsAre("artifacts=/a", "data=/b=c"));
  EXPECT_EQ(options_.endpoints_file, "/tmp/e");
  EXPECT_EQ(options_.log_format, LogFormat::kJson);
  EXPECT_EQ(options_.log_level, LogLevel::kDebug);
  EXPECT_EQ(options_.drain_timeout, absl::Seconds(90));
}

TEST_F(ServeOptionsTest, BadFlagIsOneLineThatNamesItAndExitCodeTwo) {
  const struct {
    const char* flag;
    const char* message;
  } kCases[] = {
      {"--listen=50051", "--listen: address \"50051\" has no port"},
      {"--metrics-listen=a:b", "--metrics-listen: address \"a:b\" has a port"},
      {"--log-level=loud", "\"loud\" is not one of debug, info"},
      {"--log-format=xml", "\"xml\" is not text or json"},
      {"--drain-timeout=20", "\"20\" is not a duration"},
      {"--drain-timeout=-5s", "\"-5s\" is not a duration of at least 0"},
      {"--lisen=127.0.0.1:0", "unknown flag --lisen; did you mean \"--listen"},
      {"--listen", "--listen"},
      {"serve", "unexpected argument \"serve\""},
  };
  for (const auto& test : kCases) {
    options_ = {};
    EXPECT_EQ(Parse({test.flag}), 2) << test.flag;
    EXPECT_THAT(error_, AllOf(StartsWith("stagecoach-test: "),
                              HasSubstr(test.message), EndsWith("\n")));
    EXPECT_EQ(std::count(error_.begin(), error_.end(), '\n'), 1) << error_;
  }
}

TEST_F(ServeOptionsTest, HelpShowsFlagsWithDefaultsAndExitsWithZero) {
  EXPECT_EQ(Parse({"--help"}), 0);
  EXPECT_THAT(output_,
              AllOf(HasSubstr("--drain-timeout"), HasSubstr("20s"),
                    HasSubstr("0.0.0.0:50051"), HasSubstr("NAME=PATH")));
  EXPECT_EQ(error_, "");
}

TEST_F(ServeOptionsTest, VersionNamesTheProgram) {
  EXPECT_EQ(Parse({"--version"}), 0);
  EXPECT_THAT(output_, StartsWith("stagecoach-test "));
}

TEST_F(ServeOptionsTest, ValidateChecksWhatCodeFillsIn) {
  options_.drain_timeout = absl::Seconds(-1);
  EXPECT_THAT(options_.Validate(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("--drain-timeout: -1s")));
}

}  // namespace
}  // namespace stagecoach
