// How flags are declared and help looks, the same for every verb.

#ifndef ORCHESTRATOR_CLI_HELP_H_
#define ORCHESTRATOR_CLI_HELP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/time/time.h"
#include "orchestrator/cli/moments.h"

namespace stagecoach {

// Accepts spans of time, such as 10s, 1h30m or 7d.
CLI::Validator IsSpan();

// Sets up the root: columns, global flags after the verb, what stands last.
void SetUpHelp(CLI::App& root, const std::string& footer);

// Adds a verb under `parent`. `examples` has a command a line, each after
// `stagecoach `.
CLI::App& AddParser(CLI::App& parent, const std::string& name,
                    const std::string& description,
                    const std::vector<std::string>& examples);

// A flag whose value is a span of time (moments.h). `value` is an
// absl::Duration or an optional one.
template <typename Value>
CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name,
                             Value& value, const std::string& description) {
  return app
      .add_option_function<std::string>(
          name,
          [&value](const std::string& text) {
            // Has been checked.
            value = ParseSpan(text).value_or(absl::ZeroDuration());
          },
          description)
      ->check(IsSpan())
      ->type_name("DURATION");
}

// A flag that may be given several times, with one value each.
CLI::Option* AddListFlag(CLI::App& app, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description);

// A flag or argument that is one of `words`, which help and completion show;
// another word is a usage error with the nearest one.
CLI::Option* AddChoice(CLI::App& app, const std::string& name,
                       std::string& value,
                       const std::vector<std::string>& words,
                       const std::string& description);

// Accepts whole numbers from `least` to `most`.
CLI::Validator WholeNumber(int64_t least, int64_t most);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_HELP_H_
