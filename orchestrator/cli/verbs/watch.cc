#include <memory>
#include <string>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/follow.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Watch(const std::string& run_id, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, run_id));
  return WatchAndReport(context, *client, run.id(), FollowOutput::kEvents);
}

}  // namespace

Verb AddWatchVerb(CLI::App& root) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app = AddParser(
      root, "watch",
      "Watch a run to its end and show its results.\n"
      "With -o json, every event on a line. Ctrl-C lets go of the run.",
      {"watch", "watch airline-7k2m9q", "watch airline-7k2m9q -o json"});
  app.add_option("run", *run_id, "id of the run (the newest)")->type_name("");
  return {&app, [run_id](Context& context) { return Watch(*run_id, context); }};
}

}  // namespace stagecoach
