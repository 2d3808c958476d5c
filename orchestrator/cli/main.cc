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

// Where the configuration is unless STAGECOACH_CONFIG says it, by the XDG base
// directory specification; empty if there is no home.
std::string DefaultConfigPath() {
  const std::string folder = Variable("XDG_CONFIG_HOME");
  const std::string home = Variable("HOME");
  if (folder.empty() && home.empty()) return "";
  return (folder.empty() ? home + "/.config" : folder) +
         "/stagecoach/config.yaml";
}

Environment ReadEnvironment() {
  Environment environment;
  std::error_code ignored;  // a folder that was deleted: relative paths fail
  environment.program_path = OwnProgramPath();
  environment.working_folder = std::filesystem::current_path(ignored).string();
  environment.server = Variable("STAGECOACH_SERVER");
  environment.cluster_folder = Variable("STAGECOACH_DIR");
  environment.context = Variable("STAGECOACH_CONTEXT");
  environment.home_folder = Variable("HOME");
  environment.config_path = Variable("STAGECOACH_CONFIG");
  environment.config_required = !environment.config_path.empty();
  if (!environment.config_required) {
    environment.config_path = DefaultConfigPath();
  }
  return environment;
}

absl::StatusOr<std::shared_ptr<OrchestratorClient>> Connect(
    const Context& context) {
  GrpcClientOptions options;
  options.call_timeout = context.options.timeout.value_or(options.call_timeout);
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
