// Finds out whether the volumes answer, so that nobody else has to wait for
// one that does not.

#ifndef SERVICES_COMMON_ARTIFACT_VOLUME_WATCHDOG_H_
#define SERVICES_COMMON_ARTIFACT_VOLUME_WATCHDOG_H_

#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/artifact/file_system.h"
#include "services/common/artifact/volume_health.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer_queue.h"

namespace stagecoach {

struct VolumeWatchdogOptions {
  // From one probe to the next, > 0.
  absl::Duration interval = absl::Seconds(5);
  // A probe that takes this long means that the volume is down, > 0.
  absl::Duration limit = absl::Seconds(10);
};

// Looks at the root of the volume, writes, syncs and removes a hidden file, and
// sets `space` to the free space if it can be told. OK if all of it worked.
absl::Status ProbeVolume(FileSystem& files, std::optional<VolumeSpace>* space);

// Probes every volume, each on a thread of its own: the only one that hangs
// with it.
//
//   stagecoach_artifact_volume_up{volume}: 1 or 0.
//   stagecoach_artifact_volume_probe_seconds{volume}: histogram of the probes
//     that ended.
//   stagecoach_artifact_volume_free_bytes{volume}, …_free_inodes{volume}: as of
//     the last probe that could tell.
//
// Threads:   every method but the destructor may be called from any thread.
// Ownership: `clock`, `timers` and `registry` must outlive it. A thread that
//            hangs in a volume outlives it and touches none of them.
class VolumeWatchdog {
 public:
  // Called when a volume goes up or down or the reason changes; at the first
  // probe at the latest. One call at a time, from the thread of `timers`; must
  // be short.
  using OnChange =
      std::function<void(absl::string_view volume, const VolumeState& state)>;

  // Starts probing. Until its first probe has ended a volume is down.
  VolumeWatchdog(const VolumeMap& volumes, VolumeWatchdogOptions options,
                 Clock& clock, TimerQueue& timers,
                 prometheus::Registry& registry, const OnChange& on_change);

  // Ends all probes but those that hang, and waits for a running `on_change`;
  // not to be called from there.
  ~VolumeWatchdog();
  VolumeWatchdog(const VolumeWatchdog&) = delete;
  VolumeWatchdog& operator=(const VolumeWatchdog&) = delete;

  // Of one volume; down with a reason for one that is not watched.
  VolumeState State(absl::string_view volume) const;

  // Waits, at most `limit`, until every volume was probed once, so that nothing
  // is refused only because nobody has looked yet.
  void AwaitFirstProbes(absl::Duration limit) const;

  // Up if every volume is; otherwise why, naming the first that is not.
  VolumeState Overall() const;

 private:
  class Watch;

  std::map<std::string, std::shared_ptr<Watch>> watches_;
  std::map<std::string, std::thread> threads_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_VOLUME_WATCHDOG_H_
