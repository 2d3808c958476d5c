#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/catalog.h"
#include "orchestrator/cli/verb.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<v1::StageStatus> Find(const std::vector<v1::StageStatus>& stages,
                                     const std::string& name) {
  std::vector<std::string> names;
  for (const v1::StageStatus& stage : stages) {
    if (stage.name() == name) return stage;
    names.push_back(stage.name());
  }
  return absl::NotFoundError(absl::StrCat("there is no stage '", name, "'",
                                          NearestNameHint(name, names)));
}

absl::StatusOr<ExitCode> Stages(const std::string& name, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::ListStagesResponse list,
                      client->ListStages(v1::ListStagesRequest()));
  const std::vector<v1::StageStatus> stages(list.stages().begin(),
                                            list.stages().end());
  const Layout layout = OutLayout(context.console);
  if (name.empty()) {
    if (PrintedForPrograms(context, list)) return ExitCode::kOk;
    context.console.Out(RenderStageList(stages, layout));
    return ExitCode::kOk;
  }
  SC_ASSIGN_OR_RETURN(const v1::StageStatus stage, Find(stages, name));
  if (PrintedForPrograms(context, stage)) return ExitCode::kOk;
  context.console.Out(RenderStage(stage, layout));
  return ExitCode::kOk;
}

}  // namespace

Verb AddStagesVerb(CLI::App& root) {
  auto name = std::make_shared<std::string>();
  CLI::App& app =
      AddParser(root, "stages", "List the stages, or show one in full.",
                {"stages", "stages show train"});
  app.require_subcommand(0, 1);
  AddParser(app, "list", "List the stages.", {"stages list"});
  CLI::App& show = AddParser(
      app, "show", "Show a stage: parameters, inputs, outputs, replicas.",
      {"stages show train"});
  show.add_option("stage", *name, "name of the stage")
      ->required()
      ->type_name("");
  // `stages train` is what many type; it means `stages show train`.
  app.add_option("stage", *name, "name of a stage, as for show")->type_name("");
  return {&app, [name](Context& context) { return Stages(*name, context); }};
}

}  // namespace stagecoach
