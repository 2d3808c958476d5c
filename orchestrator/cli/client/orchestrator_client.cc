#include "orchestrator/cli/client/orchestrator_client.h"

#include "absl/strings/cord.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kNotReachable = "stagecoach/not-reachable";

}  // namespace

absl::Status NotReachable(absl::string_view message) {
  absl::Status status = absl::UnavailableError(message);
  status.SetPayload(kNotReachable, absl::Cord("1"));
  return status;
}

bool IsNotReachable(const absl::Status& status) {
  return status.GetPayload(kNotReachable).has_value();
}

}  // namespace stagecoach
