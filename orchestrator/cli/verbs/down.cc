#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/cluster/local_cluster.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/cluster_text.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

nlohmann::ordered_json ToJson(const std::vector<ServerReport>& servers) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ServerReport& server : servers) {
    list.push_back({{"name", server.name},
                    {"pid", server.endpoints.pid},
                    {"killed", server.killed}});
  }
  return {{"servers", list}};
}

absl::StatusOr<ExitCode> Down(const DownOptions& options, Context& context) {
  const std::unique_ptr<Interrupt> interrupt = context.interrupt();
  PosixProcesses processes;
  GrpcHealthCheck health;
  LocalCluster cluster(
      ChooseClusterFolder(context.options.server, context.environment),
      processes, health, *interrupt, context.clock,
      [&context](absl::string_view line) {
        context.console.Err(absl::StrCat(line, "\n"));
      });
  SC_ASSIGN_OR_RETURN(const std::vector<ServerReport> stopped,
                      cluster.Down(options));
  if (PrintedForPrograms(context, ToJson(stopped))) return ExitCode::kOk;
  context.console.Out(RenderStopped(stopped, OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddDownVerb(CLI::App& root) {
  auto options = std::make_shared<DownOptions>();
  CLI::App& app =
      AddParser(root, "down",
                "Stop the cluster of this machine.\n"
                "Runs and artifacts are kept: the next 'up' goes on with them.",
                {"down", "down --drain-timeout 5s"});
  AddDurationFlag(app, "--drain-timeout", options->drain_timeout,
                  "how long a server may take before it is killed (30s)");
  return {&app,
          [options](Context& context) { return Down(*options, context); }};
}

}  // namespace stagecoach
