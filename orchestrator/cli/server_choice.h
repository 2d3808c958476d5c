// Which orchestrator the command talks to.

#ifndef ORCHESTRATOR_CLI_SERVER_CHOICE_H_
#define ORCHESTRATOR_CLI_SERVER_CHOICE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/cli/cluster/cluster_folder.h"

namespace stagecoach {

// What the process was given besides its arguments.
struct Environment {
  // Path of the running program.
  std::string program_path;
  // Where it was called, absolute.
  std::string working_folder;
  // STAGECOACH_SERVER and STAGECOACH_DIR; empty if not set.
  std::string server;
  std::string cluster_folder;
};

// The flags that decide.
struct ServerFlags {
  std::string server;          // --server; empty if not given
  std::string cluster_folder;  // --dir; empty if not given
};

struct ServerChoice {
  // `host:port`.
  std::string address;
  // The local cluster that it belongs to, if it was found by its folder.
  std::optional<ClusterFolder> folder;
};

// --server, else --dir, else STAGECOACH_SERVER, else STAGECOACH_DIR, else the
// `.stagecoach` folder here or in the nearest parent that has one.
//
// UNAVAILABLE (IsNotReachable): none of these, or that cluster does not run;
// the message says what to do.
absl::StatusOr<ServerChoice> ChooseServer(const ServerFlags& flags,
                                          const Environment& environment);

// The folder that `up` and `down` work in: as above, but where there is none
// yet, `.stagecoach` in the working folder. Absolute.
ClusterFolder ChooseClusterFolder(const ServerFlags& flags,
                                  const Environment& environment);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_SERVER_CHOICE_H_
