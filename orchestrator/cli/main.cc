// The `stagecoach` command.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "orchestrator/cli/app.h"
#include "orchestrator/cli/client/grpc_orchestrator_client.h"
#include "orchestrator/cli/cluster/processes.h"
#include "orchestrator/cli/terminal/console.h"
#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/clock.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Environment ReadEnvironment() {
  std::error_code ignored;  // a folder that was deleted: relative paths fail
  return {OwnProgramPath(), std::filesystem::current_path(ignored).string(),
          Variable("STAGECOACH_SERVER"), Variable("STAGECOACH_DIR")};
}

absl::StatusOr<std::shared_ptr<OrchestratorClient>> Connect(
    const Context& context) {
  GrpcClientOptions options;
  options.call_timeout = context.options.timeout;
  return MakeGrpcOrchestratorClient(
      [flags = context.options.server,
       environment = context.environment]() -> absl::StatusOr<std::string> {
        SC_ASSIGN_OR_RETURN(const ServerChoice choice,
                            ChooseServer(flags, environment));
        return choice.address;
      },
      options);
}

int Main(int argc, char** argv) {
  StandardConsole console;
  Context context{{},
                  ReadEnvironment(),
                  absl::LocalTimeZone(),
                  console,
                  Clock::Real(),
                  Connect,
                  [] { return std::make_unique<SignalInterrupt>(); }};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(RunCommandLine(arguments, context));
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) { return stagecoach::Main(argc, argv); }
