#include "orchestrator/cli/cluster/health.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "services/common/rpc/channel.h"

namespace stagecoach {

namespace health = grpc::health::v1;

absl::Status GrpcHealthCheck::Check(const std::string& address,
                                    absl::Duration timeout) {
  // A connection of its own: a shared one may still be in its pause after a
  // try that came too early.
  ChannelOptions options;
  options.own_connection = true;
  const auto stub = health::Health::NewStub(MakeChannel(address, options));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  health::HealthCheckResponse response;
  const grpc::Status status =
      stub->Check(&context, health::HealthCheckRequest(), &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        absl::StrCat(address, " does not answer: ", status.error_message()));
  }
  if (response.status() != health::HealthCheckResponse::SERVING) {
    return absl::UnavailableError(absl::StrCat(
        address, " is ",
        health::HealthCheckResponse::ServingStatus_Name(response.status())));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
