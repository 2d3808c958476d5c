#include "orchestrator/cli/client/forecast_client.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "stagecoach/v1/forecast.grpc.pb.h"

namespace stagecoach {

absl::StatusOr<v1::PredictResponse> Predict(const std::string& address,
                                            const v1::PredictRequest& request,
                                            absl::Duration timeout) {
  const std::shared_ptr<grpc::Channel> channel = MakeChannel(address);
  const std::unique_ptr<v1::ForecastService::Stub> stub =
      v1::ForecastService::NewStub(channel);
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  v1::PredictResponse response;
  const grpc::Status status = stub->Predict(&context, request, &response);
  if (status.ok()) return response;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::UnimplementedError(
        absl::StrCat("the replica at ", address, " does not forecast online"));
  }
  if (channel->GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY) {
    return absl::UnavailableError(absl::StrCat(
        "the replica at ", address,
        " is not reachable from here; its address is that in the network of "
        "the orchestrator"));
  }
  return FromGrpcStatus(status);
}

}  // namespace stagecoach
