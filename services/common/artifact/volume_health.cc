#include "services/common/artifact/volume_health.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {

void VolumeHealth::ProbeStarted(absl::Duration now) { started_ = now; }

void VolumeHealth::ProbeEnded(const absl::Status& result) {
  started_.reset();
  last_result_ = result;
}

VolumeState VolumeHealth::At(absl::Duration now) const {
  if (started_.has_value() && now - *started_ >= limit_) {
    return {.up = false,
            .reason = absl::StrCat("it has not answered for ",
                                   absl::FormatDuration(limit_))};
  }
  if (last_result_.ok() || absl::IsResourceExhausted(last_result_)) {
    return {.up = true, .reason = ""};
  }
  return {.up = false, .reason = std::string(last_result_.message())};
}

}  // namespace stagecoach
