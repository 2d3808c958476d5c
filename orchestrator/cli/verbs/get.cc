#include <memory>
#include <string>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/run_details.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Get(const std::string& run_id, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, run_id));
  if (PrintedForPrograms(context, run)) return ExitCode::kOk;
  context.console.Out(RenderRunDetails(run, context.clock.Now(), context.zone,
                                       OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddGetVerb(CLI::App& root) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app =
      AddParser(root, "get", "Show a run with its steps, errors and times.",
                {"get", "get airline-7k2m9q", "get airline-7k2m9q -o json"});
  app.add_option("run", *run_id, "id of the run (the newest)")->type_name("");
  return {&app, [run_id](Context& context) { return Get(*run_id, context); }};
}

}  // namespace stagecoach
