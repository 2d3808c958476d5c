// `artifacts pin` and `artifacts unpin`.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct PinFlags {
  std::string first;  // a run or a URI
  std::string name;
};

absl::StatusOr<ExitCode> Pin(const PinFlags& flags, bool unpin,
                             Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  v1::PinArtifactRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_uri(),
                      ChooseArtifact(*client, flags.first, flags.name));
  request.set_unpin(unpin);
  SC_RETURN_IF_ERROR(client->PinArtifact(request).status());
  if (PrintedForPrograms(context,
                         {{"uri", request.uri()}, {"pinned", !unpin}})) {
    return ExitCode::kOk;
  }
  context.console.Out(
      absl::StrCat(Printable(request.uri()),
                   unpin ? " may be deleted again\n" : " is kept\n"));
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsPinVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<PinFlags>();
  CLI::App& app = AddParser(
      artifacts, "pin",
      "Keep an artifact, and what made it, from being deleted by 'gc'.",
      {"artifacts pin airline-7k2m9q weights"});
  AddArtifactChoice(app, flags->first, flags->name);
  return {&app, [flags](Context& context) {
            return Pin(*flags, /*unpin=*/false, context);
          }};
}

Verb AddArtifactsUnpinVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<PinFlags>();
  CLI::App& app =
      AddParser(artifacts, "unpin", "Let a pinned artifact be deleted again.",
                {"artifacts unpin airline-7k2m9q weights"});
  AddArtifactChoice(app, flags->first, flags->name);
  return {&app, [flags](Context& context) {
            return Pin(*flags, /*unpin=*/true, context);
          }};
}

}  // namespace stagecoach
