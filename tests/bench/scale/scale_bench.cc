// What grows with what: a history of many runs, many queued runs, many that
// watch one run.
//
//   stagecoach-scale-bench history|queued|watchers COUNT
//
// Prints a JSON object, as history.h and crowd.h say.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "nlohmann/json.hpp"
#include "tests/bench/scale/crowd.h"
#include "tests/bench/scale/history.h"

namespace stagecoach {
namespace {

absl::StatusOr<nlohmann::json> Measure(const std::string& what, int count) {
  if (what == "history") return MeasureHistory(count);
  if (what == "queued") return MeasureQueued(count);
  return MeasureWatchers(count);
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) {
  std::string what;
  int count = 0;
  CLI::App app("Measures what grows with many runs or watchers.");
  app.add_option("what", what)
      ->required()
      ->check(CLI::IsMember({"history", "queued", "watchers"}));
  app.add_option("count", count)->required()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const auto result = stagecoach::Measure(what, count);
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
    return 1;
  }
  std::printf("%s\n", result->dump(1).c_str());
  return 0;
}
