// An interrupt that a test requests; waiting moves a fake clock.

#ifndef ORCHESTRATOR_CLI_TESTING_FAKE_INTERRUPT_H_
#define ORCHESTRATOR_CLI_TESTING_FAKE_INTERRUPT_H_

#include <functional>

#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/fake_clock.h"

namespace stagecoach {

// Threads: one at a time.
class FakeInterrupt final : public Interrupt {
 public:
  explicit FakeInterrupt(FakeClock& clock) : clock_(clock) {}

  bool requested() const override { return requested_; }
  void Sleep(absl::Duration duration) override { Pause(duration); }
  void Pause(absl::Duration duration) override {
    clock_.Advance(duration);
    if (on_wait) on_wait();
  }

  void Request() { requested_ = true; }

  // Called after each wait: what happens meanwhile.
  std::function<void()> on_wait;

 private:
  FakeClock& clock_;
  bool requested_ = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TESTING_FAKE_INTERRUPT_H_
