// A machine in memory on which servers are started and answer.

#ifndef ORCHESTRATOR_CLI_CLUSTER_FAKE_MACHINE_H_
#define ORCHESTRATOR_CLI_CLUSTER_FAKE_MACHINE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/cli/cluster/health.h"
#include "orchestrator/cli/cluster/processes.h"

namespace stagecoach {

// Processes and their health. A server that is started writes its endpoints
// file as a real one does, taking the ports that it is told or new ones, unless
// the test says otherwise.
//
// Threads: one at a time.
class FakeMachine final : public Processes, public HealthCheck {
 public:
  struct Process {
    ProcessSpec spec;
    bool running = true;
    std::string end = "";  // how it ended
  };

  absl::StatusOr<int64_t> Start(const ProcessSpec& spec) override;
  std::optional<std::string> HowEnded(int64_t pid) override;
  bool IsRunning(const ProcessIdentity& identity) override;
  std::vector<std::string> ArgumentsOf(int64_t pid) override;
  absl::Status Terminate(int64_t pid) override;
  absl::Status Kill(int64_t pid) override;
  bool PortIsFree(int port) override;
  absl::Status Check(const std::string& address,
                     absl::Duration timeout) override;

  // Ends a process as a crash does.
  void Crash(int64_t pid);
  // Names of the servers that run, in the order of their start.
  std::vector<std::string> Running() const;
  // The process of a server that runs; 0 if none does.
  int64_t PidOf(const std::string& server) const;

  // What goes wrong, by the server's name.
  std::set<std::string> crashing;   // ends at once, with a line in its log
  std::set<std::string> unhealthy;  // never serves
  std::set<std::string> stubborn;   // ignores Terminate

  std::set<int> taken_ports;
  std::map<int64_t, Process> processes;
  std::vector<std::string> signals;  // `TERM load`, `KILL load`

 private:
  std::string Bind(const std::string& listen);

  int64_t next_pid_ = 100;
  int next_port_ = 40000;
  std::map<std::string, std::string> servers_;  // by address
};

// The server that a spec starts: `load` of `…/stagecoach-load`.
std::string ServerOf(const ProcessSpec& spec);

// The value of `--<flag>=`; empty if there is none.
std::string FlagOf(const ProcessSpec& spec, const std::string& flag);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_FAKE_MACHINE_H_
