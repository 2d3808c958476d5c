// What is wrong with a command line, in words that help.

#ifndef ORCHESTRATOR_CLI_USAGE_H_
#define ORCHESTRATOR_CLI_USAGE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace CLI {
class App;
}  // namespace CLI

namespace stagecoach {

// How parsing went. The only place that sees CLI11's exceptions.
struct ParseOutcome {
  // Wrong usage; a typo comes with the nearest verb or flag.
  absl::Status status;
  // Text that was asked for instead of a verb: help or version.
  std::string text;
};

// Parses `arguments`; the values go where the flags of `root` are bound to.
ParseOutcome Parse(CLI::App& root, const std::vector<std::string>& arguments);

// The verb that was parsed, down to the last one (`pipelines show`); the root
// if there is none.
CLI::App& DeepestParsed(CLI::App& root);

// `stagecoach pipelines show`.
std::string FullName(const CLI::App& app);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_USAGE_H_
