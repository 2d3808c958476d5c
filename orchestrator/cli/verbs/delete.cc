#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Delete(const std::string& run_id, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  v1::DeleteRunRequest request;
  request.set_run_id(run_id);
  SC_ASSIGN_OR_RETURN(const v1::DeleteRunResponse response,
                      client->DeleteRun(request));
  if (context.options.json) {
    context.console.Out(ToJson(response));
  } else {
    context.console.Out(
        absl::StrCat(Printable(run_id), " is deleted; artifacts are kept\n"));
  }
  return ExitCode::kOk;
}

}  // namespace

Verb AddDeleteVerb(CLI::App& root) {
  auto run_id = std::make_shared<std::string>();
  CLI::App& app = AddParser(
      root, "delete",
      "Delete the record of a run that has ended.\n"
      "Its artifacts stay on the volume. A run that is not there is fine.",
      {"delete airline-7k2m9q"});
  app.add_option("run", *run_id, "id of the run")->required()->type_name("");
  return {&app,
          [run_id](Context& context) { return Delete(*run_id, context); }};
}

}  // namespace stagecoach
