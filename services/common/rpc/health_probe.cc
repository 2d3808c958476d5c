#include "services/common/rpc/health_probe.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr absl::Duration kProbeTimeout = absl::Seconds(2);

absl::Status ProbeOwnServer(absl::string_view listen_address) {
  SC_ASSIGN_OR_RETURN(const std::string address, OwnAddress(listen_address));
  return ProbeHealth(address, kProbeTimeout);
}

}  // namespace

absl::Status ProbeHealth(const std::string& address, absl::Duration timeout) {
  // A connection of its own: a shared one may still be in its pause after a
  // try that came too early.
  ChannelOptions options;
  options.own_connection = true;
  const auto stub = Health::NewStub(MakeChannel(address, options));
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  HealthCheckResponse response;
  const grpc::Status status =
      stub->Check(&context, HealthCheckRequest(), &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        absl::StrCat(address, " does not answer: ", status.error_message()));
  }
  if (response.status() != HealthCheckResponse::SERVING) {
    return absl::UnavailableError(absl::StrCat(
        address, " is ",
        HealthCheckResponse::ServingStatus_Name(response.status())));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> OwnAddress(absl::string_view listen_address) {
  SC_ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress(listen_address),
                      "--listen");
  if (address.port == 0) {
    return absl::InvalidArgumentError(
        "--listen: nobody knows which port the kernel chose for port 0; give "
        "the one that the server has");
  }
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address.ToString();
}

int RunHealthProbe(absl::string_view listen_address) {
  QuietGrpcLog();
  const absl::Status status = ProbeOwnServer(listen_address);
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << status.message() << std::endl;
  return EXIT_FAILURE;
}

}  // namespace stagecoach
