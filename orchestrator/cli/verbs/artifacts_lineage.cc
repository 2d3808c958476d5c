#include <memory>
#include <string>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/lineage.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct LineageFlags {
  std::string first;  // a run or a URI
  std::string name;
};

absl::StatusOr<ExitCode> Lineage(const LineageFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  v1::GetLineageRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_uri(),
                      ChooseArtifact(*client, flags.first, flags.name));
  SC_ASSIGN_OR_RETURN(const v1::GetLineageResponse lineage,
                      client->GetLineage(request));
  if (PrintedForPrograms(context, lineage)) return ExitCode::kOk;
  context.console.Out(RenderLineage(lineage, OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsLineageVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<LineageFlags>();
  CLI::App& app = AddParser(artifacts, "lineage",
                            "Show what made an artifact, and what used it.",
                            {"artifacts lineage airline-7k2m9q weights"});
  AddArtifactChoice(app, flags->first, flags->name);
  return {&app, [flags](Context& context) { return Lineage(*flags, context); }};
}

}  // namespace stagecoach
