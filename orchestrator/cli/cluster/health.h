// Whether a server says that it serves, behind an interface.

#ifndef ORCHESTRATOR_CLI_CLUSTER_HEALTH_H_
#define ORCHESTRATOR_CLI_CLUSTER_HEALTH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace stagecoach {

// Threads: one at a time.
class HealthCheck {
 public:
  virtual ~HealthCheck() = default;

  // OK: the server at `address` (`host:port`) is SERVING. UNAVAILABLE: it says
  // something else, or nothing within `timeout`.
  virtual absl::Status Check(const std::string& address,
                             absl::Duration timeout) = 0;
};

// Asks by `grpc.health.v1.Health`.
class GrpcHealthCheck final : public HealthCheck {
 public:
  absl::Status Check(const std::string& address,
                     absl::Duration timeout) override;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_HEALTH_H_
