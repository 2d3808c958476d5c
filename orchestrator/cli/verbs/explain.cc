#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/explanation.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/runs_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Explain(const std::string& run_id, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, run_id));
  v1::ExplainRunRequest request;
  request.set_run_id(run.id());
  SC_ASSIGN_OR_RETURN(const v1::ExplainRunResponse explanation,
                      client->ExplainRun(request));
  if (PrintedForPrograms(context, explanation)) return ExitCode::kOk;
  if (explanation.steps().empty()) {
    context.console.Err(absl::StrCat("no step of run ", Printable(run.id()),
                                     " has been looked up in the cache\n"));
    return ExitCode::kOk;
  }
  context.console.Out(
      RenderExplanation(explanation, OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddExplainVerb(CLI::App& runs) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app = AddParser(
      runs, "explain",
      "Say why steps came from the cache, or did not.\n"
      "A step that missed is shown beside the earlier one that is nearest.",
      {"runs explain", "runs explain airline-7k2m9q"});
  app.add_option("run", *run_id, "id of the run (the newest)")->type_name("");
  return {&app,
          [run_id](Context& context) { return Explain(*run_id, context); }};
}

}  // namespace stagecoach
