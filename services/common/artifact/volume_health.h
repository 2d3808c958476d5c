// Whether a volume can be relied on, judged from probes. Pure.

#ifndef SERVICES_COMMON_ARTIFACT_VOLUME_HEALTH_H_
#define SERVICES_COMMON_ARTIFACT_VOLUME_HEALTH_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace stagecoach {

struct VolumeState {
  bool up = false;
  // Why it is not up; empty if it is.
  std::string reason;

  friend bool operator==(const VolumeState&, const VolumeState&) = default;
};

// A volume is up if its last probe succeeded and none that is under way takes
// longer than `limit`. One that is full is up: it can be read, and who writes
// is told. Times are readings of Clock::Elapsed.
class VolumeHealth {
 public:
  // `limit` > 0.
  explicit VolumeHealth(absl::Duration limit) : limit_(limit) {}

  void ProbeStarted(absl::Duration now);
  void ProbeEnded(const absl::Status& result);

  // Whether a probe is under way.
  bool probing() const { return started_.has_value(); }

  VolumeState At(absl::Duration now) const;

 private:
  const absl::Duration limit_;
  std::optional<absl::Duration> started_;
  absl::Status last_result_ = absl::UnavailableError("it was not probed yet");
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_VOLUME_HEALTH_H_
