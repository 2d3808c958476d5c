// The flags that every server program has.

#ifndef SERVICES_COMMON_RPC_SERVE_OPTIONS_H_
#define SERVICES_COMMON_RPC_SERVE_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/base/logging.h"

namespace CLI {
class App;
}  // namespace CLI

namespace stagecoach {

struct ServeOptions {
  // --listen: `host:port` of gRPC; port 0 lets the kernel choose.
  std::string listen_address = "0.0.0.0:50051";
  // --metrics-listen: `host:port` of /metrics over HTTP; likewise.
  std::string metrics_listen_address = "0.0.0.0:9464";
  // --volume, repeated: `NAME=PATH`, as OpenVolumes (artifact/volume_map.h)
  // takes them and checks them.
  std::vector<std::string> volumes;
  // --endpoints-file: where the bound addresses are written once the program
  // serves (endpoints_file.h); empty: nowhere.
  std::string endpoints_file;
  // --log-format, --log-level.
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  // --health: instead of serving, ask the server that listens on
  // `listen_address` whether it serves (health_probe.h).
  bool health = false;
  // --drain-timeout: how long running work may go on after SIGTERM, >= 0.
  absl::Duration drain_timeout = absl::Seconds(20);

  // INVALID_ARGUMENT naming the flag, its value and what is allowed.
  absl::Status Validate() const;
};

// Adds the flags above, and --version, to `app`. `options` holds the defaults
// and must outlive it.
void AddServeFlags(CLI::App& app, ServeOptions& options);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_SERVE_OPTIONS_H_
