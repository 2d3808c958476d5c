// The configuration file: the orchestrators that a person works with.
//
//   current: staging                # used unless something else is asked for
//   contexts:
//     staging:
//       server: stagecoach.example:50051
//     laptop:
//       dir: ~/forecasts/.stagecoach  # a cluster that `up` made

#ifndef ORCHESTRATOR_CLI_CONFIG_H_
#define ORCHESTRATOR_CLI_CONFIG_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// One orchestrator; exactly one of the two is set.
struct ConfigContext {
  std::string server;          // `host:port`
  std::string cluster_folder;  // as it stands in the file
};

struct Config {
  // Name of the context that is used if none is asked for; may be empty.
  std::string current;
  std::map<std::string, ConfigContext> contexts;
};

// INVALID_ARGUMENT: every problem with file, line and field, one a line. Pure.
absl::StatusOr<Config> ParseConfig(absl::string_view yaml,
                                   absl::string_view file_name);

// The file at `path`. If there is none, or none that may be read, an empty
// configuration, unless it is `required`. Errors are usage errors.
absl::StatusOr<Config> ReadConfig(const std::string& path, bool required);

// The context called `name`. A usage error with the nearest name otherwise.
absl::StatusOr<ConfigContext> FindContext(const Config& config,
                                          const std::string& name);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CONFIG_H_
