#include "services/common/contract/attempt_log.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {

std::string AttemptLogUri(absl::string_view volume, const ExecutionId& id) {
  return absl::StrCat("pvc://", volume, "/runs/", id.run, "/", id.step,
                      "/logs/", id.attempt, ".log");
}

std::string LogPartUri(absl::string_view uri, int part) {
  return part == 0 ? std::string(uri) : absl::StrCat(uri, ".", part);
}

}  // namespace stagecoach
