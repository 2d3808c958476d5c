#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/catalog.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct ListFlags {
  std::string run_id;
  std::string step;
};

absl::StatusOr<ExitCode> List(const ListFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.run_id));
  SC_ASSIGN_OR_RETURN(const v1::ListArtifactsResponse list,
                      FetchArtifacts(*client, run.id(), flags.step));
  if (PrintedForPrograms(context, list)) return ExitCode::kOk;
  const std::vector<v1::RecordedArtifact> artifacts(list.artifacts().begin(),
                                                    list.artifacts().end());
  if (artifacts.empty()) {
    context.console.Err(
        absl::StrCat("run ", Printable(run.id()), " has no artifacts\n"));
    return ExitCode::kOk;
  }
  context.console.Out(
      RenderArtifactList(artifacts, OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsListVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App& app = AddParser(
      artifacts, "list", "List the artifacts of a run.",
      {"artifacts list", "artifacts list airline-7k2m9q --step train"});
  app.add_option("run", flags->run_id, "id of the run (the newest)")
      ->type_name("");
  app.add_option("--step", flags->step, "only of this step")->type_name("NAME");
  return {&app, [flags](Context& context) { return List(*flags, context); }};
}

Verb AddArtifactsVerb(CLI::App& root) {
  CLI::App& app = AddParser(
      root, "artifacts", "List, show, copy, check and keep artifacts.",
      {"artifacts list airline-7k2m9q", "artifacts show airline-7k2m9q X_train",
       "artifacts pull airline-7k2m9q weights", "artifacts push mine.csv"});
  app.require_subcommand(0, 1);
  std::vector<Verb> verbs;
  for (const AddVerb add :
       {AddArtifactsListVerb, AddArtifactsShowVerb, AddArtifactsPullVerb,
        AddArtifactsPushVerb, AddArtifactsVerifyVerb, AddArtifactsLineageVerb,
        AddArtifactsPinVerb, AddArtifactsUnpinVerb}) {
    verbs.push_back(add(app));
  }
  return {&app, [verbs](Context& context) {
            for (const Verb& verb : verbs) {
              if (verb.parser->parsed()) return verb.run(context);
            }
            return List(ListFlags(), context);
          }};
}

}  // namespace stagecoach
