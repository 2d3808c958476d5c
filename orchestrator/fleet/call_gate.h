// Counts what is under way, so that stopping can wait for it.

#ifndef ORCHESTRATOR_FLEET_CALL_GATE_H_
#define ORCHESTRATOR_FLEET_CALL_GATE_H_

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace stagecoach {

// Lets calls in until it is closed.
//
// Threads: every method may be called from any thread.
class CallGate {
 public:
  // Being inside, until it is destroyed. Converts to false: the gate was
  // closed already.
  class Pass {
   public:
    Pass() = default;
    explicit Pass(CallGate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    CallGate* gate_ = nullptr;
  };

  Pass Enter() {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Pass();
    ++inside_;
    return Pass(this);
  }

  // Lets nobody in any more.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Waits until nobody is inside. The gate may be destroyed after that.
  void AwaitEmpty() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &CallGate::IsEmpty));
  }

 private:
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return inside_ == 0;
  }

  void Leave() {
    absl::MutexLock lock(&mutex_);
    --inside_;
  }

  absl::Mutex mutex_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_CALL_GATE_H_
