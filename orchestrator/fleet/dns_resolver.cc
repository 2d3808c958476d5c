#include "orchestrator/fleet/dns_resolver.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace stagecoach {

// What the resolver, its thread and its timer share. After `stopped` the
// thread touches nothing but this.
struct DnsResolver::State : std::enable_shared_from_this<DnsResolver::State> {
  State(HostPort name_in, DnsResolverOptions options_in, HostLookup lookup_in,
        Clock& clock_in, TimerQueue& timers_in)
      : name(std::move(name_in)),
        options(options_in),
        lookup(std::move(lookup_in)),
        clock(clock_in),
        timers(timers_in) {}

  // Waits until a look is due. False: stopped.
  bool AwaitLook();
  // Hands over what a look has found and arranges the next. False: stopped.
  bool Deliver(absl::StatusOr<std::vector<std::string>> found);
  // Replaces the timer. TimerQueue calls nothing from within Schedule and
  // Cancel, so the lock may be held.
  void SetTimerLocked(absl::Duration delay)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  bool HasWorkOrStoppedLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return due || stopped;
  }

  const HostPort name;
  const DnsResolverOptions options;
  const HostLookup lookup;
  Clock& clock;
  TimerQueue& timers;
  Listener listener;  // constant after Start

  absl::Mutex mutex;
  bool due ABSL_GUARDED_BY(mutex) = true;
  bool looking ABSL_GUARDED_BY(mutex) = false;
  bool delivering ABSL_GUARDED_BY(mutex) = false;
  bool in_trouble ABSL_GUARDED_BY(mutex) = false;  // since the look began
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  TimerQueue::TimerId timer ABSL_GUARDED_BY(mutex) = 0;
  absl::Duration last_look ABSL_GUARDED_BY(mutex);  // when it ended
};

bool DnsResolver::State::AwaitLook() {
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(this, &State::HasWorkOrStoppedLocked));
  due = false;
  in_trouble = false;
  looking = !stopped;
  return looking;
}

bool DnsResolver::State::Deliver(
    absl::StatusOr<std::vector<std::string>> found) {
  const bool failed = !found.ok();
  {
    absl::MutexLock lock(&mutex);
    looking = false;
    if (stopped) return false;
    delivering = true;
    last_look = clock.Elapsed();
    SetTimerLocked(in_trouble || failed ? options.refresh_in_trouble
                                        : options.refresh);
  }
  listener(std::move(found));
  absl::MutexLock lock(&mutex);
  delivering = false;
  return true;
}

void DnsResolver::State::SetTimerLocked(absl::Duration delay) {
  timers.Cancel(timer);
  timer = timers.Schedule(delay, [weak = weak_from_this()] {
    const std::shared_ptr<State> state = weak.lock();
    if (state == nullptr) return;
    absl::MutexLock lock(&state->mutex);
    state->due = true;
  });
}

DnsResolver::DnsResolver(HostPort name, DnsResolverOptions options,
                         HostLookup lookup, Clock& clock, TimerQueue& timers)
    : state_(std::make_shared<State>(std::move(name), options,
                                     std::move(lookup), clock, timers)) {}

DnsResolver::~DnsResolver() { Stop(); }

void DnsResolver::Start(Listener listener) {
  state_->listener = std::move(listener);
  thread_ = std::thread(&DnsResolver::RunThread, state_);
}

void DnsResolver::LookAgain() {
  absl::MutexLock lock(&state_->mutex);
  state_->in_trouble = true;
  if (state_->due || state_->looking || state_->stopped) return;
  const absl::Duration allowed =
      state_->last_look + state_->options.refresh_in_trouble;
  state_->SetTimerLocked(
      std::max(absl::ZeroDuration(), allowed - state_->clock.Elapsed()));
}

void DnsResolver::Stop() {
  bool looking = false;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->stopped = true;
    const auto idle = [this] {
      state_->mutex.AssertHeld();
      return !state_->delivering;
    };
    state_->mutex.Await(absl::Condition(&idle));
    state_->timers.Cancel(state_->timer);
    looking = state_->looking;
  }
  if (!thread_.joinable()) return;
  if (looking) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void DnsResolver::RunThread(std::shared_ptr<State> state) {
  while (state->AwaitLook()) {
    if (!state->Deliver(state->lookup(state->name))) return;
  }
}

}  // namespace stagecoach
