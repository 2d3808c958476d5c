// Turns SIGTERM and SIGINT into something to wait for.
//
//   StopSignal stop;               // first thing in main
//   ... start everything ...
//   stop.Wait();
//   ... stop everything, in order ...

#ifndef SERVICES_COMMON_BASE_STOP_SIGNAL_H_
#define SERVICES_COMMON_BASE_STOP_SIGNAL_H_

#include <csignal>

namespace stagecoach {

// While one exists, the first SIGTERM or SIGINT is noted and a second one ends
// the process at once with exit code 128 + its number. At most one at a time.
//
// Threads: Wait and requested may be called from any thread.
class StopSignal {
 public:
  // Installs the handlers. Dies if the process has no file descriptors left.
  StopSignal();
  // Puts the former handlers back.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Returns once a signal has come, with its number.
  int Wait();

  // Whether a signal has come.
  bool requested() const;

 private:
  int read_end_ = -1;
  struct sigaction former_term_;
  struct sigaction former_interrupt_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_STOP_SIGNAL_H_
