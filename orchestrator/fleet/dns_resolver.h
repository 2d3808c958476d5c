// Finds replicas by DNS: every A and AAAA record of a name is one replica, as
// a headless Service in a cluster offers them.

#ifndef ORCHESTRATOR_FLEET_DNS_RESOLVER_H_
#define ORCHESTRATOR_FLEET_DNS_RESOLVER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/fleet/stage_addresses.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer_queue.h"

namespace stagecoach {

struct DnsResolverOptions {
  // From one look to the next while all is well, > 0.
  absl::Duration refresh = absl::Seconds(5);
  // From one look to the next in trouble: a look failed, or LookAgain, > 0.
  absl::Duration refresh_in_trouble = absl::Seconds(1);
};

// Looks a name up; may block for as long as it takes. Results are sorted, each
// once, `host:port`.
using HostLookup =
    std::function<absl::StatusOr<std::vector<std::string>>(const HostPort&)>;

// The system's look-up, getaddrinfo. UNAVAILABLE names the host and says why:
// also if it has no address, which may change.
absl::StatusOr<std::vector<std::string>> LookUpHost(const HostPort& name);

// Follows one DNS name.
//
// Threads:   Start first and once; then any thread, but Stop not from the
//            listener. Look-ups run on a thread of this name's own, because
//            they may block for minutes; nobody waits for one, not even Stop,
//            which leaves the thread to end by itself then.
// Ownership: `clock` and `timers` must live until after Stop.
class DnsResolver {
 public:
  // Every address there is now; or why none could be found, and then the last
  // ones still stand.
  using Listener =
      std::function<void(absl::StatusOr<std::vector<std::string>>)>;

  DnsResolver(HostPort name, DnsResolverOptions options, HostLookup lookup,
              Clock& clock, TimerQueue& timers);
  // As Stop.
  ~DnsResolver();

  // Looks at once and then from time to time; calls `listener` after each
  // look, from the name's own thread.
  void Start(Listener listener);

  // A replica is in trouble: looks again soon. Cheap, never blocks.
  void LookAgain();

  // After this the listener is not called any more. Waits for a call that is
  // running. Safe to repeat.
  void Stop();

 private:
  struct State;

  static void RunThread(std::shared_ptr<State> state);

  const std::shared_ptr<State> state_;  // shared with thread and timer
  std::thread thread_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_DNS_RESOLVER_H_
