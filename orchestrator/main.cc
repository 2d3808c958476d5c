// stagecoach-orchestrator: see --help.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdlib>
#include <string>

#include "orchestrator/api/orchestrator_server.h"
#include "orchestrator/store/open_store.h"
#include "services/common/base/lock_order.h"
#include "services/common/base/logging.h"
#include "services/common/base/stop_signal.h"
#include "services/common/base/version.h"
#include "services/common/rpc/flags.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/health_probe.h"

namespace stagecoach {
namespace {

void AddOrchestratorFlags(CLI::App& app, OrchestratorOptions& options) {
  AddServeFlags(app, options.serve);
  app.add_option("--store", options.store,
                 "where runs are remembered: sqlite:PATH, postgresql://..., or "
                 "memory:")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--stage", options.stages,
                 "replicas of a stage, once per stage: "
                 "NAME=HOST:PORT[,HOST:PORT...] or NAME=dns:///NAME:PORT")
      ->type_name("NAME=ADDRESS");
  app.add_option("--pipelines", options.pipelines,
                 "folder of pipelines (*.yaml) to apply at the start")
      ->type_name("FOLDER");
  app.add_option("--name", options.lease.name,
                 "how orchestrators on the same store call this one")
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option_function<double>(
         "--lease",
         [&options](double seconds) {
           options.lease.ttl = absl::Seconds(seconds);
           options.lease.margin = options.lease.ttl / 5;
         },
         "how long after its last sign others take over its runs [15]")
      ->type_name("SECONDS");
  app.add_flag("--scale-to-zero", options.scale_to_zero,
               "create runs also while a stage has no replica; they wait");
  app.add_flag("--call-each-execution", options.call_each_execution,
               "a gRPC call for each execution, not one stream for all of a "
               "replica: for a proxy that counts or limits calls");
  app.add_option("--http-listen", options.http_listen_address,
                 "where to serve the API over HTTP; empty: nowhere")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--max-upload-bytes", options.max_upload_bytes,
                 "the largest file that may be uploaded")
      ->type_name("BYTES")
      ->capture_default_str();
  AddDurationFlag(app, "--retention-max-age", options.retention.max_age,
                  "delete runs, with their artifacts, that ended longer ago "
                  "than this, e.g. 720h; 0: no such rule");
  app.add_option("--retention-keep-last", options.retention.keep_last,
                 "but keep so many of each pipeline's newest runs; alone: "
                 "delete all others; 0: no such rule")
      ->type_name("NUMBER")
      ->capture_default_str();
  AddDurationFlag(app, "--retention-interval", options.retention.interval,
                  "from one time that old runs are deleted to the next");
  app.add_option("--openlineage", options.exporters.openlineage,
                 "where events of lineage go: file:PATH (lines of JSON), or "
                 "http://HOST:PORT")
      ->envname("OPENLINEAGE_URL")
      ->type_name("URL");
  app.add_option("--otlp-endpoint", options.exporters.otlp_endpoint,
                 "collector that traces of runs go to, by OTLP over HTTP, e.g. "
                 "http://HOST:4318")
      ->envname("OTEL_EXPORTER_OTLP_ENDPOINT")
      ->type_name("URL");
}

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = "orchestrator";
  gethostname(name, sizeof(name) - 1);
  return name;
}

int Main(int argc, const char* const* argv) {
  ConfigureLockOrderChecks();
  StopSignal stop;
  OrchestratorOptions options;
  options.lease.name = HostName();
  CLI::App app("Runs pipelines by calling stages in order.",
               "stagecoach-orchestrator");
  AddOrchestratorFlags(app, options);
  const std::optional<int> exit_code = ParseFlags(app, argc, argv, [&options] {
    return options.serve.health ? options.serve.Validate() : options.Validate();
  });
  if (exit_code.has_value()) return *exit_code;
  if (options.serve.health) return RunHealthProbe(options.serve.listen_address);
  ConfigureLogging(options.serve.log_format, options.serve.log_level);
  QuietGrpcLog();

  const auto server = OrchestratorServer::Start(options);
  if (!server.ok()) {
    Log(LogLevel::kError, "cannot serve", {{"error", server.status()}});
    return EXIT_FAILURE;
  }
  Log(LogLevel::kInfo, "listening",
      {{"grpc", (*server)->endpoints().grpc},
       {"metrics", (*server)->endpoints().metrics},
       {"http", (*server)->endpoints().http},
       {"store", StoreName(options.store)},
       {"build_id", BuildId()}});
  const int signal = stop.Wait();
  Log(LogLevel::kInfo, "stopping", {{"signal", signal}});
  // All that was acknowledged is durable. What hangs in a volume would be
  // waited for by destructors.
  if (!(*server)->Stop()) std::_Exit(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) { return stagecoach::Main(argc, argv); }
