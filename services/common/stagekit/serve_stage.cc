#include "services/common/stagekit/serve_stage.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/lock_order.h"
#include "services/common/base/logging.h"
#include "services/common/base/stop_signal.h"
#include "services/common/base/version.h"
#include "services/common/rpc/flags.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/health_probe.h"

namespace stagecoach {
namespace {

void AddStageFlags(CLI::App& app, StageServerOptions& options) {
  AddServeFlags(app, options.serve);
  app.add_option("--slots", options.service.slots, "executions at once")
      ->type_name("N")
      ->capture_default_str();
  AddDurationFlag(app, "--orphan-timeout", options.service.orphan_timeout,
                  "how long an execution goes on with nobody watching it");
}

}  // namespace

int ServeStage(int argc, const char* const* argv, std::unique_ptr<Stage> stage,
               MakeService make_service) {
  ConfigureLockOrderChecks();
  StopSignal stop;
  const v1::StageDescription description = stage->Describe();
  StageServerOptions options;
  options.make_service = std::move(make_service);
  CLI::App app(description.documentation(),
               absl::StrCat("stagecoach-", description.name()));
  AddStageFlags(app, options);
  const std::optional<int> exit_code = ParseFlags(app, argc, argv, [&options] {
    return options.serve.health ? options.serve.Validate() : options.Validate();
  });
  if (exit_code.has_value()) return *exit_code;
  if (options.serve.health) return RunHealthProbe(options.serve.listen_address);
  ConfigureLogging(options.serve.log_format, options.serve.log_level);
  QuietGrpcLog();

  auto server = StageServer::Start(std::move(stage), options);
  if (!server.ok()) {
    Log(LogLevel::kError, "cannot serve", {{"error", server.status()}});
    return EXIT_FAILURE;
  }
  Log(LogLevel::kInfo, "listening",
      {{"stage", description.name()},
       {"grpc", (*server)->endpoints().grpc},
       {"metrics", (*server)->endpoints().metrics},
       {"slots", options.service.slots},
       {"build_id", BuildId()}});
  const int signal = stop.Wait();
  Log(LogLevel::kInfo, "stopping", {{"signal", signal}});
  if ((*server)->Stop()) return EXIT_SUCCESS;
  // A thread hangs in the stage or in a volume; destructors would wait for it.
  std::_Exit(EXIT_FAILURE);
}

}  // namespace stagecoach
