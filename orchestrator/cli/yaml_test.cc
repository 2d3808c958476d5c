#include "orchestrator/cli/yaml.h"

#include <string>

#include "gtest/gtest.h"
#include "yaml-cpp/yaml.h"

namespace stagecoach {
namespace {

using nlohmann::ordered_json;

TEST(YamlTest, KeepsTheOrderAndShapeOfTheDocument) {
  const ordered_json document = {
      {"id", "airline-abc"},
      {"steps", {{{"name", "load"}, {"done", true}}, {{"name", "train"}}}},
      {"loss", 0.5},
      {"outputs", ordered_json::object()},
      {"none", nullptr}};
  EXPECT_EQ(ToYaml(document),
            "id: airline-abc\n"
            "steps:\n"
            "  - name: load\n"
            "    done: true\n"
            "  - name: train\n"
            "loss: 0.5\n"
            "outputs:\n"
            "  {}\n"
            "none: ~\n");
}

TEST(YamlTest, TextThatLooksLikeSomethingElseIsQuoted) {
  const std::string texts[] = {"",     "5",    "0.7",    "1e3", "true", "No",
                               "null", "~",    "- a",    "#a",  "a: b", "a #b",
                               "x\ny", "\x1b", "2026-1", ".5",  "ü",    " a "};
  for (const std::string& text : texts) {
    const YAML::Node node = YAML::Load(ToYaml({{"text", text}}));
    EXPECT_EQ(node["text"].as<std::string>(), text);
    // A tag of `!` is how the reader marks what was quoted.
    const bool plain = node["text"].Tag() == "?";
    EXPECT_FALSE(plain) << text;
  }
  EXPECT_EQ(ToYaml({{"text", "RUN_STATE_FAILED"}}), "text: RUN_STATE_FAILED\n");
  EXPECT_EQ(ToYaml({{"uri", "pvc://artifacts/a b.csv"}}),
            "uri: pvc://artifacts/a b.csv\n");
}

}  // namespace
}  // namespace stagecoach
