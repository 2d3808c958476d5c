// Command-line flags of servers, on top of CLI11.

#ifndef SERVICES_COMMON_RPC_FLAGS_H_
#define SERVICES_COMMON_RPC_FLAGS_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace stagecoach {

// Adds a flag that takes a duration >= 0 as absl::ParseDuration reads it, e.g.
// `1m30s`. `value` is the default and must outlive `app`.
CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name,
                             absl::Duration& value,
                             const std::string& description);

// Parses the command line and asks `validate` about the result. Returns nothing
// if the program may go on, else the code to exit with: 0 after --help or
// --version, 2 after one line on stderr that says what is wrong. A flag that
// does not exist gets the nearest one that does.
std::optional<int> ParseFlags(CLI::App& app, int argc, const char* const* argv,
                              absl::FunctionRef<absl::Status()> validate);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_FLAGS_H_
