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

struct CancelFlags {
  std::string run_id;
  std::string reason;
};

absl::StatusOr<ExitCode> Cancel(const CancelFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  v1::CancelRunRequest request;
  request.set_run_id(flags.run_id);
  request.set_reason(flags.reason);
  const absl::StatusOr<v1::CancelRunResponse> response =
      client->CancelRun(request);
  if (!response.ok()) {
    return WithRunHint(*client, flags.run_id, response.status());
  }
  const v1::Run& run = response->run();
  if (PrintedForPrograms(context, run)) return ExitCode::kOk;
  context.console.Out(
      absl::StrCat(Printable(run.id()), " ", StateWord(run.state()), "\n"));
  return ExitCode::kOk;
}

}  // namespace

Verb AddCancelVerb(CLI::App& root) {
  auto flags = std::make_shared<CancelFlags>();
  CLI::App& app =
      AddParser(root, "cancel",
                "Ask a run to stop.\n"
                "Done twice, or to a run that has ended, it changes nothing.",
                {"cancel airline-7k2m9q",
                 "cancel airline-7k2m9q --reason \"wrong data\""});
  app.add_option("run", flags->run_id, "id of the run")
      ->required()
      ->type_name("");
  app.add_option("--reason", flags->reason, "why, for the record")
      ->type_name("TEXT");
  return {&app, [flags](Context& context) { return Cancel(*flags, context); }};
}

}  // namespace stagecoach
