// gRPC's own log lines, made quiet.

#ifndef SERVICES_COMMON_RPC_GRPC_LOG_H_
#define SERVICES_COMMON_RPC_GRPC_LOG_H_

namespace stagecoach {

// Sends what gRPC would print to stderr to our log, at level debug: what a
// user has to know is in the status that a call or a server returns. Leaves
// gRPC alone if the environment sets GRPC_VERBOSITY. Safe to repeat; any
// thread.
void QuietGrpcLog();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_GRPC_LOG_H_
