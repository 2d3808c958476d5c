#include "services/common/base/stop_signal.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "absl/status/status.h"
#include "services/common/base/logging.h"

namespace stagecoach {
namespace {

// What the handler may touch: lock-free atomics and write(2) only.
std::atomic<int> signal_seen = 0;
std::atomic<int> write_end = -1;
static_assert(std::atomic<int>::is_always_lock_free);

void HandleSignal(int number) {
  int none = 0;
  if (!signal_seen.compare_exchange_strong(none, number)) _exit(128 + number);
  const int saved_errno = errno;
  const char byte = 0;
  // The pipe is empty: this cannot block, and there is nobody to tell.
  [[maybe_unused]] const ssize_t written = write(write_end, &byte, 1);
  errno = saved_errno;
}

}  // namespace

StopSignal::StopSignal() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    Log(LogLevel::kError, "cannot make a pipe for stop signals",
        {{"error", absl::ErrnoToStatus(errno, "pipe2")}});
    std::abort();
  }
  read_end_ = ends[0];
  signal_seen = 0;
  write_end = ends[1];
  struct sigaction action = {};
  action.sa_handler = HandleSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, &former_term_);
  sigaction(SIGINT, &action, &former_interrupt_);
}

StopSignal::~StopSignal() {
  sigaction(SIGTERM, &former_term_, nullptr);
  sigaction(SIGINT, &former_interrupt_, nullptr);
  close(write_end.exchange(-1));
  close(read_end_);
}

int StopSignal::Wait() {
  // The byte stays in the pipe, so that every waiter sees it.
  struct pollfd readable = {read_end_, POLLIN, 0};
  while (poll(&readable, 1, -1) < 1) {
  }
  return signal_seen;
}

bool StopSignal::requested() const { return signal_seen != 0; }

}  // namespace stagecoach
