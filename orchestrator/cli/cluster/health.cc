#include "orchestrator/cli/cluster/health.h"

#include "services/common/rpc/health_probe.h"

namespace stagecoach {

absl::Status GrpcHealthCheck::Check(const std::string& address,
                                    absl::Duration timeout) {
  return ProbeHealth(address, timeout);
}

}  // namespace stagecoach
