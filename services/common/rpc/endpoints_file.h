// How a program that lets the kernel choose its ports tells them to whoever
// started it.

#ifndef SERVICES_COMMON_RPC_ENDPOINTS_FILE_H_
#define SERVICES_COMMON_RPC_ENDPOINTS_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stagecoach {

struct Endpoints {
  // Process that serves.
  int64_t pid = 0;
  // `host:port` of gRPC.
  std::string grpc;
  // `host:port` of /metrics over HTTP.
  std::string metrics;
  // `host:port` of the API over HTTP; empty: the program serves none.
  std::string http = {};
};

// Writes `endpoints` as JSON, `{"pid":…,"grpc":"…","metrics":"…"}` and `"http"`
// if it is served, in place of what was there: a reader sees all of it or
// nothing. The error names the path.
absl::Status WriteEndpointsFile(const std::string& path,
                                const Endpoints& endpoints);

// NOT_FOUND: there is no such file (yet). DATA_LOSS: it is not what
// WriteEndpointsFile writes.
absl::StatusOr<Endpoints> ReadEndpointsFile(const std::string& path);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_ENDPOINTS_FILE_H_
