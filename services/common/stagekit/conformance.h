// Holds a running stage, written in any language, against stage.proto's
// contract. Also a program: stage-conformance.

#ifndef SERVICES_COMMON_STAGEKIT_CONFORMANCE_H_
#define SERVICES_COMMON_STAGEKIT_CONFORMANCE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

struct ConformanceOptions {
  // The replica, `host:port`. Nobody else may use it meanwhile.
  std::string address;
  // Parameters and inputs that it can execute. Ids and prefixes are filled in.
  v1::ExecuteRequest example;
  // The same for work that lasts until it is cancelled, or many seconds. If it
  // has neither parameters nor inputs, `example` is used, and whatever a stage
  // may do because it was faster than the check is let pass.
  v1::ExecuteRequest long_example;
  // Where outputs may be written: `pvc://<volume>/<path>`. Each check uses a
  // new directory below it.
  std::string output_prefix;
  // How long one execution of `example` may take, > 0.
  absl::Duration timeout = absl::Minutes(1);
};

struct ConformanceCheck {
  // A sentence about one promise.
  std::string promise;
  // OK, or how the stage breaks it.
  absl::Status result;
};

// Checks one promise after the other and returns them all. If the stage cannot
// be reached or describes itself badly, only the first. Blocks.
std::vector<ConformanceCheck> CheckConformance(
    const ConformanceOptions& options);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_CONFORMANCE_H_
