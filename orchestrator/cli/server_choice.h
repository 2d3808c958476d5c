// Which orchestrator the command talks to.

#ifndef ORCHESTRATOR_CLI_SERVER_CHOICE_H_
#define ORCHESTRATOR_CLI_SERVER_CHOICE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/cli/cluster/cluster_folder.h"
#include "orchestrator/cli/config.h"

namespace stagecoach {

// What the process was given besides its arguments.
struct Environment {
  // Path of the running program.
  std::string program_path;
  // Where it was called, absolute.
  std::string working_folder;
  // STAGECOACH_SERVER, STAGECOACH_DIR and STAGECOACH_CONTEXT; empty if not set.
  std::string server;
  std::string cluster_folder;
  std::string context;
  // HOME; empty if not set.
  std::string home_folder;
  // The configuration file, and whether it was named (STAGECOACH_CONFIG), so
  // that it has to be there.
  std::string config_path;
  bool config_required = false;
};

// The flags that decide; empty if not given.
struct ServerFlags {
  std::string server;          // --server
  std::string cluster_folder;  // --dir
  std::string context;         // --context
};

struct ServerChoice {
  // `host:port`.
  std::string address;
  // The local cluster that it belongs to, if it was found by its folder.
  std::optional<ClusterFolder> folder;
  // What decided, e.g. `STAGECOACH_SERVER` or `context 'staging'`.
  std::string reason;
};

// The first of: --server, --dir, --context, STAGECOACH_SERVER, STAGECOACH_DIR,
// STAGECOACH_CONTEXT, the configuration's current context, the `.stagecoach`
// folder here or in the nearest parent that has one.
//
// UNAVAILABLE (IsNotReachable): none of these, or that cluster does not run;
// the message says what to do. Usage errors: the configuration file is wrong,
// or has no such context.
absl::StatusOr<ServerChoice> ChooseServer(const ServerFlags& flags,
                                          const Environment& environment);

// The folder that `up` and `down` work in: the first of the above that is one,
// but where there is none yet, `.stagecoach` in the working folder. Absolute.
ClusterFolder ChooseClusterFolder(const ServerFlags& flags,
                                  const Environment& environment);

// What to do when the orchestrator that was chosen does not answer.
std::string ReachAdvice(const ServerFlags& flags,
                        const Environment& environment);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_SERVER_CHOICE_H_
