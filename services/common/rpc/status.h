// Between absl::Status, which all code returns, and grpc::Status, which only
// the wire knows.

#ifndef SERVICES_COMMON_RPC_STATUS_H_
#define SERVICES_COMMON_RPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class ClientContext;
class ServerContextBase;
class Status;
}  // namespace grpc

namespace stagecoach {

// Trailing metadata that carries the retry hint (base/retry_hint.h), in whole
// milliseconds.
inline constexpr char kRetryAfterMetadata[] = "stagecoach-retry-after-ms";

// The same code and message. The message is cut at 2 KiB, because gRPC drops a
// response whose metadata exceeds 8 KiB.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Also puts the retry hint, if there is one, into the call's trailing metadata.
// Call it once for a call, and only before its end is sent.
grpc::Status ToGrpcStatus(const absl::Status& status,
                          grpc::ServerContextBase& context);

// The same code and message.
absl::Status FromGrpcStatus(const grpc::Status& status);

// Also takes over the retry hint. The call must have ended.
absl::Status FromGrpcStatus(const grpc::Status& status,
                            const grpc::ClientContext& context);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_STATUS_H_
