#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/upload.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> Push(const std::vector<std::string>& files,
                              Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  for (const std::string& file : files) {
    SC_ASSIGN_OR_RETURN(const v1::Artifact artifact,
                        UploadFile(context, *client, file));
    context.console.Out(ForPrograms(context)
                            ? OneOfMany(FormatOf(context), artifact)
                            : Printable(artifact.uri()) + "\n");
  }
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsPushVerb(CLI::App& artifacts) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App& app =
      AddParser(artifacts, "push",
                "Upload files of this machine and print their URIs.\n"
                "The same bytes under the same name get the same URI.",
                {"artifacts push mine.csv"});
  app.add_option("files", *files, "files to upload")
      ->required()
      ->type_name("FILE");
  return {&app, [files](Context& context) { return Push(*files, context); }};
}

}  // namespace stagecoach
