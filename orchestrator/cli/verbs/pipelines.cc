#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/catalog.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/pipelines_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

using Client = std::shared_ptr<OrchestratorClient>;

struct PipelinesFlags {
  std::string name;
  int64_t version = 0;
  bool yaml = false;
  std::vector<std::string> files;
};

absl::StatusOr<ExitCode> List(Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::ListPipelinesResponse list,
                      client->ListPipelines(v1::ListPipelinesRequest()));
  if (PrintedForPrograms(context, list)) return ExitCode::kOk;
  const std::vector<v1::Pipeline> pipelines(list.pipelines().begin(),
                                            list.pipelines().end());
  context.console.Out(
      RenderPipelineList(pipelines, OutLayout(context.console)));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Show(const PipelinesFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::GetPipelineResponse found,
                      FetchPipeline(*client, flags.name, flags.version));
  if (PrintedForPrograms(context, found)) return ExitCode::kOk;
  if (flags.yaml) {
    context.console.Out(found.yaml());
  } else {
    context.console.Out(
        RenderPipeline(found.pipeline(), OutLayout(context.console)));
  }
  return ExitCode::kOk;
}

std::string AppliedText(const v1::ApplyPipelineResponse& response,
                        bool validate_only) {
  const std::string name = Printable(response.pipeline().name());
  if (validate_only) return absl::StrCat(name, " is valid\n");
  return absl::StrCat(name, " version ", response.pipeline().version(),
                      response.changed() ? " is new\n" : " is unchanged\n");
}

// Every file is tried, so that all problems show at once.
absl::StatusOr<ExitCode> Apply(const PipelinesFlags& flags, bool validate_only,
                               Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  ExitCode code = ExitCode::kOk;
  for (const std::string& file : flags.files) {
    v1::ApplyPipelineRequest request;
    SC_ASSIGN_OR_RETURN(
        *request.mutable_yaml(),
        ReadFile(std::filesystem::path(context.environment.working_folder) /
                 file));
    request.set_file_name(file);
    request.set_validate_only(validate_only);
    const absl::StatusOr<v1::ApplyPipelineResponse> response =
        client->ApplyPipeline(request);
    if (absl::IsInvalidArgument(response.status())) {
      context.console.Err(absl::StrCat(response.status().message(), "\n"));
      code = ExitCode::kFailed;
      continue;
    }
    SC_RETURN_IF_ERROR(response.status(), file);
    context.console.Out(ForPrograms(context)
                            ? OneOfMany(FormatOf(context), *response)
                            : AppliedText(*response, validate_only));
  }
  return code;
}

void AddFiles(CLI::App& app, PipelinesFlags& flags) {
  app.add_option("files", flags.files, "files with a pipeline each, as YAML")
      ->required()
      ->type_name("FILE");
}

}  // namespace

Verb AddPipelinesVerb(CLI::App& root) {
  auto flags = std::make_shared<PipelinesFlags>();
  CLI::App& app = AddParser(root, "pipelines",
                            "List, show, check, compare and change pipelines.",
                            {"pipelines", "pipelines show airline",
                             "pipelines apply my-pipeline.yaml"});
  app.require_subcommand(0, 1);
  AddParser(app, "list", "List the newest version of every pipeline.",
            {"pipelines list", "pipelines list -o json"});
  CLI::App& show = AddParser(
      app, "show", "Show a pipeline: its parameters, inputs and steps.",
      {"pipelines show airline", "pipelines show airline --yaml"});
  show.add_option("pipeline", flags->name, "name of the pipeline")
      ->required()
      ->type_name("");
  show.add_option("--version", flags->version, "version (the newest)")
      ->check(WholeNumber(1, 1'000'000'000))
      ->type_name("NUMBER");
  show.add_flag("--yaml", flags->yaml, "show the YAML that was applied");
  CLI::App& validate =
      AddParser(app, "validate", "Check pipelines without storing them.",
                {"pipelines validate my-pipeline.yaml"});
  AddFiles(validate, *flags);
  CLI::App& apply = AddParser(
      app, "apply",
      "Check pipelines and store them; a changed one gets a new version.",
      {"pipelines apply my-pipeline.yaml"});
  AddFiles(apply, *flags);
  const Verb diff = AddPipelinesDiffVerb(app);
  return {&app, [flags, diff, &show, &validate, &apply](Context& context) {
            if (diff.parser->parsed()) return diff.run(context);
            if (show.parsed()) return Show(*flags, context);
            if (validate.parsed()) return Apply(*flags, true, context);
            if (apply.parsed()) return Apply(*flags, false, context);
            return List(context);
          }};
}

}  // namespace stagecoach
