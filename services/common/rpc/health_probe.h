// Asks a server by gRPC's standard health protocol whether it serves.

#ifndef SERVICES_COMMON_RPC_HEALTH_PROBE_H_
#define SERVICES_COMMON_RPC_HEALTH_PROBE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// OK: the server at `address` (`host:port`) says that it is SERVING.
// UNAVAILABLE: it says something else, or nothing within `timeout`.
//
// Threads: any.
absl::Status ProbeHealth(const std::string& address, absl::Duration timeout);

// Where a server that listens on `listen_address` is reached from its own
// machine: `127.0.0.1:50051` for `0.0.0.0:50051`. INVALID_ARGUMENT: it is no
// address, or its port is 0, so that nobody can know it.
absl::StatusOr<std::string> OwnAddress(absl::string_view listen_address);

// What a program does that was started with --health: probes the server that
// listens on `listen_address`, within 2 s. Returns the exit code: 0, or 1 after
// one line on stderr that says why not.
int RunHealthProbe(absl::string_view listen_address);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_HEALTH_PROBE_H_
