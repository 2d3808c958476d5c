// `pause` and `resume`.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Makes one of the two calls, which look alike, and shows the run.
template <typename Request, typename Response>
absl::StatusOr<ExitCode> Change(
    absl::StatusOr<Response> (OrchestratorClient::*method)(const Request&),
    const std::string& run_id, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  Request request;
  request.set_run_id(run_id);
  const absl::StatusOr<Response> response = (client.get()->*method)(request);
  if (!response.ok()) {
    return WithRunHint(*client, run_id, response.status());
  }
  const v1::Run& run = response->run();
  if (PrintedForPrograms(context, run)) return ExitCode::kOk;
  context.console.Out(
      absl::StrCat(Printable(run.id()), " ", StateWord(run.state()), "\n"));
  return ExitCode::kOk;
}

}  // namespace

Verb AddPauseVerb(CLI::App& root) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app =
      AddParser(root, "pause",
                "Keep a run from starting anything new.\n"
                "What is under way goes on to its end; so do its deadlines.",
                {"pause airline-7k2m9q"});
  app.add_option("run", *run_id, "id of the run")->required()->type_name("");
  return {&app, [run_id](Context& context) {
            return Change(&OrchestratorClient::PauseRun, *run_id, context);
          }};
}

Verb AddResumeVerb(CLI::App& root) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app = AddParser(root, "resume", "Let a paused run go on.",
                            {"resume airline-7k2m9q"});
  app.add_option("run", *run_id, "id of the run")->required()->type_name("");
  return {&app, [run_id](Context& context) {
            return Change(&OrchestratorClient::ResumeRun, *run_id, context);
          }};
}

}  // namespace stagecoach
