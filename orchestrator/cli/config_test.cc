#include "orchestrator/cli/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

TEST(ConfigTest, HasContextsAndOneThatIsCurrent) {
  const absl::StatusOr<Config> config = ParseConfig(R"(
# mine
current: staging
contexts:
  staging:
    server: stagecoach.example:50051
  laptop:
    dir: ~/forecasts/.stagecoach
)",
                                                    "config.yaml");
  ASSERT_OK(config);
  EXPECT_EQ(config->current, "staging");
  ASSERT_EQ(config->contexts.size(), 2u);
  EXPECT_EQ(config->contexts.at("staging").server, "stagecoach.example:50051");
  EXPECT_EQ(config->contexts.at("laptop").cluster_folder,
            "~/forecasts/.stagecoach");
}

TEST(ConfigTest, MayBeEmpty) {
  EXPECT_OK(ParseConfig("", "config.yaml"));
  EXPECT_OK(ParseConfig("# nothing yet\n", "config.yaml"));
  EXPECT_OK(ReadConfig("", false));
}

TEST(ConfigTest, ProblemsAreToldWithFileLineAndField) {
  const struct {
    const char* yaml;
    const char* problem;
  } kCases[] = {
      {"curent: a\n",
       "config.yaml:1: curent: unknown field; did you mean \"current\"?"},
      {"contexts:\n  a: {server: x:1, dir: y}\n",
       "config.yaml:2: contexts.a.server: is needed, or 'dir', and not both"},
      {"contexts:\n  a: {}\n", "contexts.a.server: is needed"},
      {"contexts:\n  a: x:1\n", "contexts.a: must be a map"},
      {"contexts:\n  a: {srever: x:1}\n", "did you mean \"server\"?"},
      {"current: b\ncontexts: {a: {server: x:1}}\n",
       "config.yaml:1: current: there is no context 'b'"},
      {"a: [", "config.yaml:1"},
  };
  for (const auto& [yaml, problem] : kCases) {
    EXPECT_THAT(
        ParseConfig(yaml, "config.yaml"),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(problem)))
        << yaml;
  }
}

}  // namespace
}  // namespace stagecoach
