#include "services/common/artifact/volume_watchdog.h"

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kProbePrefix = ".probe-";
constexpr size_t kProbeIdLength = 12;
// A probe that is just under way at the end is given this long.
constexpr absl::Duration kStopTimeout = absl::Seconds(1);

prometheus::Gauge& MakeGauge(prometheus::Registry& registry, const char* name,
                             const char* help, const std::string& volume) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {{"volume", volume}});
}

struct Gauges {
  Gauges(prometheus::Registry& registry, const std::string& volume)
      : up(MakeGauge(registry, "stagecoach_artifact_volume_up",
                     "Whether the volume answers its probes: 1 or 0.", volume)),
        free_bytes(MakeGauge(registry, "stagecoach_artifact_volume_free_bytes",
                             "Bytes that this process may still write.",
                             volume)),
        free_inodes(
            MakeGauge(registry, "stagecoach_artifact_volume_free_inodes",
                      "Files that this process may still make.", volume)),
        probe_seconds(
            prometheus::BuildHistogram()
                .Name("stagecoach_artifact_volume_probe_seconds")
                .Help("Time of the probes of the volume that ended.")
                .Register(registry)
                .Add({{"volume", volume}}, OperationSecondsBuckets())) {}

  prometheus::Gauge& up;
  prometheus::Gauge& free_bytes;
  prometheus::Gauge& free_inodes;
  prometheus::Histogram& probe_seconds;
};

absl::Status WriteProbe(FileSystem& files, absl::string_view path) {
  absl::Status written = WriteWholeFile(files, path, "probe\n");
  const absl::Status removed = files.RemoveFile(path);
  if (!written.ok()) return written;
  // NFS repeats a call whose answer was lost.
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

}  // namespace

absl::Status ProbeVolume(FileSystem& files, std::optional<VolumeSpace>* space) {
  SC_RETURN_IF_ERROR(files.Stat("").status());
  SC_ASSIGN_OR_RETURN(*space, files.Space());
  return WriteProbe(files,
                    absl::StrCat(kProbePrefix, RandomId(kProbeIdLength)));
}

// One volume. The thread probes when a timer says so; judging and reporting
// happen on the timers' thread alone, so that reports come in order.
class VolumeWatchdog::Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::shared_ptr<FileSystem> files, VolumeWatchdogOptions options,
        Clock& clock, TimerQueue& timers, prometheus::Registry& registry,
        OnChange on_change)
      : files_(std::move(files)),
        options_(options),
        clock_(clock),
        timers_(timers),
        on_change_(std::move(on_change)),
        gauges_(registry, files_->volume()),
        health_(options.limit) {}

  // Asks for a probe now and every interval from now on.
  void Tick() {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    if (!health_.probing()) wanted_ = true;
    After(options_.interval, &Watch::Tick);
  }

  void ProbeUntilStopped() {
    while (AwaitWish()) {
      std::optional<VolumeSpace> space;
      const absl::Status result = ProbeVolume(*files_, &space);
      absl::MutexLock lock(&mutex_);
      health_.ProbeEnded(result);
      probed_ = true;
      // From then on nothing that the owner lent may be touched.
      if (stopped_) return;
      space_ = space;
      probe_time_ = clock_.Elapsed() - started_;
      After(absl::ZeroDuration(), &Watch::Judge);
    }
  }

  // Whether the thread ends at once and can be joined; false if it hangs.
  bool Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    mutex_.Await(absl::Condition(this, &Watch::IsQuiet));
    return mutex_.AwaitWithTimeout(absl::Condition(this, &Watch::IsIdle),
                                   kStopTimeout);
  }

  VolumeState State() const {
    absl::MutexLock lock(&mutex_);
    return health_.At(clock_.Elapsed());
  }

  void AwaitFirstProbe(absl::Time give_up) const {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithDeadline(absl::Condition(&probed_), give_up);
  }

 private:
  bool HasWish() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return wanted_ || stopped_;
  }
  bool IsQuiet() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !reporting_;
  }
  bool IsIdle() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !health_.probing();
  }

  // Calls `method` on the timers' thread.
  void After(absl::Duration delay, void (Watch::*method)())
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    timers_.Schedule(delay, [self = shared_from_this(), method] {
      (self.get()->*method)();
    });
  }

  // Waits until a probe is wanted and starts it; false if stopped.
  bool AwaitWish() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Watch::HasWish));
    if (stopped_) return false;
    wanted_ = false;
    started_ = clock_.Elapsed();
    health_.ProbeStarted(started_);
    After(options_.limit, &Watch::Judge);
    return true;
  }

  // Reports the state if it has changed.
  void Judge() {
    VolumeState state;
    {
      absl::MutexLock lock(&mutex_);
      if (stopped_) return;
      Record();
      state = health_.At(clock_.Elapsed());
      gauges_.up.Set(state.up ? 1 : 0);
      if (state == reported_) return;
      reported_ = state;
      reporting_ = true;
    }
    on_change_(files_->volume(), state);
    absl::MutexLock lock(&mutex_);
    reporting_ = false;
  }

  // Exports what the last probe found, once.
  void Record() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!probe_time_.has_value()) return;
    gauges_.probe_seconds.Observe(absl::ToDoubleSeconds(*probe_time_));
    probe_time_.reset();
    if (!space_.has_value()) return;
    gauges_.free_bytes.Set(static_cast<double>(space_->free_bytes));
    gauges_.free_inodes.Set(static_cast<double>(space_->free_inodes));
  }

  const std::shared_ptr<FileSystem> files_;
  const VolumeWatchdogOptions options_;
  Clock& clock_;
  TimerQueue& timers_;
  const OnChange on_change_;
  Gauges gauges_;

  mutable absl::Mutex mutex_;
  VolumeHealth health_ ABSL_GUARDED_BY(mutex_);
  absl::Duration started_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Duration> probe_time_ ABSL_GUARDED_BY(mutex_);
  std::optional<VolumeSpace> space_ ABSL_GUARDED_BY(mutex_);
  std::optional<VolumeState> reported_ ABSL_GUARDED_BY(mutex_);
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool probed_ ABSL_GUARDED_BY(mutex_) = false;
  bool reporting_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

VolumeWatchdog::VolumeWatchdog(const VolumeMap& volumes,
                               VolumeWatchdogOptions options, Clock& clock,
                               TimerQueue& timers,
                               prometheus::Registry& registry,
                               const OnChange& on_change) {
  for (const auto& [name, files] : volumes) {
    const auto watch = std::make_shared<Watch>(files, options, clock, timers,
                                               registry, on_change);
    watches_[name] = watch;
    threads_[name] = std::thread([watch] { watch->ProbeUntilStopped(); });
    watch->Tick();
  }
}

VolumeWatchdog::~VolumeWatchdog() {
  for (auto& [name, thread] : threads_) {
    if (watches_[name]->Stop()) {
      thread.join();
    } else {
      thread.detach();
    }
  }
}

VolumeState VolumeWatchdog::State(absl::string_view volume) const {
  const auto found = watches_.find(std::string(volume));
  if (found != watches_.end()) return found->second->State();
  return {.up = false, .reason = "it is not watched"};
}

void VolumeWatchdog::AwaitFirstProbes(absl::Duration limit) const {
  const absl::Time give_up = absl::Now() + limit;
  for (const auto& [name, watch] : watches_) watch->AwaitFirstProbe(give_up);
}

VolumeState VolumeWatchdog::Overall() const {
  for (const auto& [name, watch] : watches_) {
    const VolumeState state = watch->State();
    if (state.up) continue;
    return {.up = false,
            .reason = absl::StrCat("volume ", name, ": ", state.reason)};
  }
  return {.up = true, .reason = ""};
}

}  // namespace stagecoach
