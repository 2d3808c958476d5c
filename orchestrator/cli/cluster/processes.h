// Processes of this machine, behind an interface.

#ifndef ORCHESTRATOR_CLI_CLUSTER_PROCESSES_H_
#define ORCHESTRATOR_CLI_CLUSTER_PROCESSES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stagecoach {

// A server to start.
struct ProcessSpec {
  std::string program;                 // path
  std::vector<std::string> arguments;  // without the program's name
  std::string log_path;                // standard output and error; appended
};

// How to know a process again: its number alone may belong to a stranger.
struct ProcessIdentity {
  int64_t pid = 0;
  std::string program_name;  // file name of its executable
  std::string argument;      // one of its arguments, as a whole
};

// Threads: one at a time.
class Processes {
 public:
  virtual ~Processes() = default;

  // Starts a program in a session of its own, so that it outlives this one.
  // Returns its number. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE: it could
  // not be started.
  virtual absl::StatusOr<int64_t> Start(const ProcessSpec& spec) = 0;

  // How a process that this one has started ended, in words (`exit code 1`,
  // `killed by signal 9`); nothing while it runs.
  virtual std::optional<std::string> HowEnded(int64_t pid) = 0;

  // Whether that very process runs.
  virtual bool IsRunning(const ProcessIdentity& identity) = 0;

  // The process's arguments, with the program's name; empty if it is gone.
  virtual std::vector<std::string> ArgumentsOf(int64_t pid) = 0;

  // Asks the process to stop, or ends it. One that is gone is OK.
  virtual absl::Status Terminate(int64_t pid) = 0;
  virtual absl::Status Kill(int64_t pid) = 0;

  // Whether a server could listen on this port of the loopback now.
  virtual bool PortIsFree(int port) = 0;
};

class PosixProcesses final : public Processes {
 public:
  absl::StatusOr<int64_t> Start(const ProcessSpec& spec) override;
  std::optional<std::string> HowEnded(int64_t pid) override;
  bool IsRunning(const ProcessIdentity& identity) override;
  std::vector<std::string> ArgumentsOf(int64_t pid) override;
  absl::Status Terminate(int64_t pid) override;
  absl::Status Kill(int64_t pid) override;
  bool PortIsFree(int port) override;
};

// Path of the running program.
std::string OwnProgramPath();

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_PROCESSES_H_
