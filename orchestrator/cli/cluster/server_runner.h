// Starts, finds, awaits and stops the single servers of a cluster folder.

#ifndef ORCHESTRATOR_CLI_CLUSTER_SERVER_RUNNER_H_
#define ORCHESTRATOR_CLI_CLUSTER_SERVER_RUNNER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/cli/cluster/cluster_folder.h"
#include "orchestrator/cli/cluster/health.h"
#include "orchestrator/cli/cluster/processes.h"
#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// File name of a server's program: `stagecoach-<server>`.
std::string ServerProgramName(absl::string_view server);

// Threads: one at a time. Everything given must outlive it.
class ServerRunner {
 public:
  ServerRunner(const ClusterFolder& folder, Processes& processes,
               HealthCheck& health, Interrupt& interrupt, const Clock& clock);

  // Where the server is, if it runs. If not, its endpoints file, left behind
  // by a crash, is removed.
  std::optional<Endpoints> FindRunning(const std::string& server);

  // Starts a server with `arguments` and those that all have: addresses (the
  // ports of before where they are free), endpoints file. It must not run.
  //
  // NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE: it could not be started.
  absl::Status Start(const std::string& server,
                     const std::string& program_folder, ServerPorts ports,
                     const std::vector<std::string>& arguments);

  // Waits until a server that was started or found serves.
  //
  // UNAVAILABLE: it ended, or `deadline` (by the clock's Elapsed) has passed;
  // the message has the end of its log. CANCELLED: the interrupt.
  absl::StatusOr<Endpoints> AwaitServing(const std::string& server,
                                         absl::Duration deadline);

  // Asks servers (name to pid) to stop, all at once, waits for `patience`,
  // kills those that still run and removes their endpoints files. Returns the
  // names of those that were killed.
  //
  // UNAVAILABLE: one runs even so. PERMISSION_DENIED: it is another user's.
  absl::StatusOr<std::vector<std::string>> Stop(
      const std::map<std::string, int64_t>& pids, absl::Duration patience);

  // The servers that this object has started: name to pid.
  std::map<std::string, int64_t> started() const;

  // The arguments that a running server was started with.
  std::vector<std::string> ArgumentsOf(int64_t pid);

 private:
  struct Launch {
    int64_t pid = 0;
    int64_t log_start = 0;  // length of the log before
  };

  bool IsRunning(const std::string& server, int64_t pid);
  std::string Listen(int port);
  // Whether the server serves now; an error if it has ended.
  absl::StatusOr<std::optional<Endpoints>> Probe(const std::string& server);
  absl::Status CheckAlive(const std::string& server);
  absl::Status WithLog(const std::string& server, absl::string_view what);
  // Waits until none of `pids` runs; returns those that still do.
  std::map<std::string, int64_t> AwaitEnd(std::map<std::string, int64_t> pids,
                                          absl::Duration patience);

  const ClusterFolder& folder_;
  Processes& processes_;
  HealthCheck& health_;
  Interrupt& interrupt_;
  const Clock& clock_;

  std::map<std::string, Launch> launches_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_SERVER_RUNNER_H_
