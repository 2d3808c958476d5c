// Puts RpcMetrics into gRPC's experimental interceptor API, which nothing
// outside this file and its .cc knows.

#ifndef SERVICES_COMMON_RPC_INTERCEPTORS_H_
#define SERVICES_COMMON_RPC_INTERCEPTORS_H_

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "services/common/rpc/rpc_metrics.h"

namespace stagecoach {

// What ServerBuilder takes. `metrics` must outlive the server.
std::vector<
    std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
MakeServerInterceptors(const RpcMetrics& metrics);

// What a channel takes. It shares `metrics`; null: no interceptor.
std::vector<
    std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
MakeClientInterceptors(std::shared_ptr<const RpcMetrics> metrics);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_INTERCEPTORS_H_
