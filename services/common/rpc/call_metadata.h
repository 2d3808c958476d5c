// What a call carries beside its request.

#ifndef SERVICES_COMMON_RPC_CALL_METADATA_H_
#define SERVICES_COMMON_RPC_CALL_METADATA_H_

#include <grpcpp/server_context.h>

#include <string>

#include "services/common/base/trace_parent.h"

namespace stagecoach {

// The caller's `traceparent` as it came; empty if there is none.
inline std::string TraceParentOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kTraceParentHeader);
  if (found == metadata.end()) return "";
  return std::string(found->second.data(), found->second.size());
}

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CALL_METADATA_H_
