// Whether the person at the keyboard wants to stop, behind an interface.

#ifndef ORCHESTRATOR_CLI_TERMINAL_INTERRUPT_H_
#define ORCHESTRATOR_CLI_TERMINAL_INTERRUPT_H_

#include "absl/time/time.h"
#include "services/common/base/stop_signal.h"

namespace stagecoach {

// Threads: one at a time.
class Interrupt {
 public:
  virtual ~Interrupt() = default;

  // Whether to stop. Stays true.
  virtual bool requested() const = 0;

  // Waits for `duration`, or until `requested`.
  virtual void Sleep(absl::Duration duration) = 0;

  // Waits for `duration`, requested or not.
  virtual void Pause(absl::Duration duration) = 0;
};

// Ctrl-C and SIGTERM. While one exists, the first is noted; a second one ends
// the process at once.
class SignalInterrupt final : public Interrupt {
 public:
  bool requested() const override { return signal_.requested(); }
  void Sleep(absl::Duration duration) override;
  void Pause(absl::Duration duration) override;

 private:
  StopSignal signal_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TERMINAL_INTERRUPT_H_
