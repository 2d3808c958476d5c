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

namespace stagecoach {

// Sets up the root: columns, global flags after the verb, what stands last.
void SetUpHelp(CLI::App& root, const std::string& footer);

// Adds a verb under `parent`. `examples` has a command a line, each after
// `stagecoach `.
CLI::App& AddParser(CLI::App& parent, const std::string& name,
                    const std::string& description,
                    const std::vector<std::string>& examples);

// A flag whose value is a duration as absl::ParseDuration reads it (`10s`,
// `1m30s`), more than 0.
void AddDurationFlag(CLI::App& app, const std::string& name,
                     absl::Duration& value, const std::string& description);

// A flag that may be given several times, with one value each.
CLI::Option* AddListFlag(CLI::App& app, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description);

// Accepts only these words; suggests the nearest one.
CLI::Validator OneOf(std::vector<std::string> words);

// Accepts whole numbers from `least` to `most`.
CLI::Validator WholeNumber(int64_t least, int64_t most);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_HELP_H_
