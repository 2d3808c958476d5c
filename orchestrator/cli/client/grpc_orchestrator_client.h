// The orchestrator over gRPC.

#ifndef ORCHESTRATOR_CLI_CLIENT_GRPC_ORCHESTRATOR_CLIENT_H_
#define ORCHESTRATOR_CLI_CLIENT_GRPC_ORCHESTRATOR_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/cli/client/orchestrator_client.h"

namespace stagecoach {

// Where the orchestrator is as of now, `host:port`. Asked at the start and
// again after a failure, so that one that comes back elsewhere is found.
using AddressSource = std::function<absl::StatusOr<std::string>()>;

struct GrpcClientOptions {
  // Deadline of a call that is not a stream, > 0.
  absl::Duration call_timeout = absl::Seconds(10);
  // Deadline of a stream, > 0: a watch that is older opens a new one.
  absl::Duration stream_timeout = absl::Hours(1);
};

// Fails as `source` does, before any connection is made.
absl::StatusOr<std::unique_ptr<OrchestratorClient>> MakeGrpcOrchestratorClient(
    AddressSource source, const GrpcClientOptions& options);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLIENT_GRPC_ORCHESTRATOR_CLIENT_H_
