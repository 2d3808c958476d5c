// A child process that a test starts, watches and kills.

#ifndef TESTS_TESTING_PROCESS_H_
#define TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stagecoach {

// Threads: not thread-safe.
class Process {
 public:
  // Starts `program` with `arguments`; its output is appended to `log_file`.
  // `environment` (`NAME=value`) is added to that of the test.
  static absl::StatusOr<Process> Start(
      const std::string& program, const std::vector<std::string>& arguments,
      const std::string& log_file,
      const std::vector<std::string>& environment = {});

  // Kills it if it still runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }

  // Sends a signal; nothing if it has ended.
  void Signal(int signal);

  // Waits until it has ended and returns its exit code, or 128 + the signal
  // that ended it. DEADLINE_EXCEEDED: it has not, within `limit`.
  absl::StatusOr<int> Wait(absl::Duration limit);

  // SIGKILL, and waits.
  void Kill();

  // Whether it has not ended.
  bool running();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  // Takes note of its end, if it has ended.
  void Poll();

  pid_t pid_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
};

// Of a process that runs, or 0: the time that it has spent on processors, user
// and kernel, in ticks of 10 ms; its resident memory in bytes.
absl::Duration CpuTime(pid_t pid);
int64_t ResidentMemory(pid_t pid);

}  // namespace stagecoach

#endif  // TESTS_TESTING_PROCESS_H_
