#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/download.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

struct PullFlags {
  std::string first;  // a run or a URI
  std::string name;
  std::string to;
  bool force = false;
};

absl::StatusOr<ExitCode> Pull(const PullFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const std::string uri,
                      ChooseArtifact(*client, flags.first, flags.name));
  fs::path path = context.environment.working_folder;
  path /= flags.to.empty() ? FileNameOf(uri) : flags.to;
  std::error_code ignored;  // opening tells more
  if (fs::is_directory(path, ignored)) path /= FileNameOf(uri);
  SC_ASSIGN_OR_RETURN(const v1::Artifact artifact,
                      Download(*client, uri, path.string(), flags.force));
  if (PrintedForPrograms(context, {{"uri", uri},
                                   {"file", path.string()},
                                   {"sha256", artifact.sha256()},
                                   {"size_bytes", artifact.size_bytes()}})) {
    return ExitCode::kOk;
  }
  context.console.Out(absl::StrCat(path.string(), "  ",
                                   BytesText(artifact.size_bytes()),
                                   ", digest checked\n"));
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsPullVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<PullFlags>();
  CLI::App& app = AddParser(
      artifacts, "pull",
      "Copy an artifact into a file here, and check its digest.",
      {"artifacts pull airline-7k2m9q weights",
       "artifacts pull airline-7k2m9q y_forecast --to forecast.safetensors"});
  AddArtifactChoice(app, flags->first, flags->name);
  app.add_option("--to", flags->to, "file or folder to write to")
      ->type_name("PATH");
  app.add_flag("--force", flags->force, "replace the file if it is there");
  return {&app, [flags](Context& context) { return Pull(*flags, context); }};
}

}  // namespace stagecoach
