#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Delete(const std::vector<std::string>& run_ids,
                                Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  for (const std::string& run_id : run_ids) {
    v1::DeleteRunRequest request;
    request.set_run_id(run_id);
    SC_RETURN_IF_ERROR(client->DeleteRun(request).status());
    if (ForPrograms(context)) continue;
    context.console.Out(
        absl::StrCat(Printable(run_id), " is deleted; artifacts are kept\n"));
  }
  PrintedForPrograms(context, nlohmann::ordered_json{{"deleted", run_ids}});
  return ExitCode::kOk;
}

}  // namespace

Verb AddDeleteVerb(CLI::App& root) {
  auto run_ids = std::make_shared<std::vector<std::string>>();
  CLI::App& app = AddParser(
      root, "delete",
      "Delete the records of runs that have ended.\n"
      "Their artifacts stay on the volume. A run that is not there is fine.",
      {"delete airline-7k2m9q airline-p4x0tz"});
  app.add_option("runs", *run_ids, "ids of the runs")
      ->required()
      ->type_name("");
  return {&app,
          [run_ids](Context& context) { return Delete(*run_ids, context); }};
}

}  // namespace stagecoach
