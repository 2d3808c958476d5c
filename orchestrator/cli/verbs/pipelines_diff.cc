#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text_diff.h"
#include "orchestrator/cli/verbs/pipelines_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// As `diff -u` has it.
constexpr int kContextLines = 3;

struct DiffFlags {
  std::string file;
  int64_t version = 0;  // 0: the newest
};

struct PipelineChange {
  std::string name;
  int64_t version = 0;  // of what is stored; 0: nothing is
  bool same_meaning = false;
  std::string stored;
  std::string file;
};

absl::StatusOr<PipelineChange> FindChange(const DiffFlags& flags,
                                          Context& context,
                                          OrchestratorClient& client) {
  v1::ApplyPipelineRequest apply;
  SC_ASSIGN_OR_RETURN(
      *apply.mutable_yaml(),
      ReadFile(std::filesystem::path(context.environment.working_folder) /
               flags.file));
  apply.set_file_name(flags.file);
  apply.set_validate_only(true);
  SC_ASSIGN_OR_RETURN(const v1::ApplyPipelineResponse checked,
                      client.ApplyPipeline(apply));
  PipelineChange change;
  change.name = checked.pipeline().name();
  change.file = std::move(*apply.mutable_yaml());
  v1::GetPipelineRequest get;
  get.set_name(change.name);
  get.set_version(flags.version);
  const absl::StatusOr<v1::GetPipelineResponse> stored =
      client.GetPipeline(get);
  if (stored.ok()) {
    change.version = stored->pipeline().version();
    change.stored = stored->yaml();
    change.same_meaning =
        stored->pipeline().digest() == checked.pipeline().digest();
  } else if (!absl::IsNotFound(stored.status()) || flags.version != 0) {
    return stored.status();
  }
  return change;
}

std::string Summary(const PipelineChange& change) {
  if (change.version == 0) {
    return absl::StrCat("'", change.name, "' is not stored yet\n");
  }
  if (change.stored == change.file) {
    return absl::StrCat("'", change.name, "' is the same as version ",
                        change.version, "\n");
  }
  return change.same_meaning
             ? "the texts differ, but mean the same: 'apply' changes nothing\n"
             : "";
}

absl::StatusOr<ExitCode> Diff(const DiffFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const PipelineChange change,
                      FindChange(flags, context, *client));
  const std::string text = RenderTextDiff(
      change.stored, change.file, kContextLines, OutLayout(context.console));
  const ExitCode code = text.empty() ? ExitCode::kOk : ExitCode::kFailed;
  if (PrintedForPrograms(context, {{"pipeline", change.name},
                                   {"version", change.version},
                                   {"same_meaning", change.same_meaning},
                                   {"diff", text}})) {
    return code;
  }
  if (!text.empty()) {
    context.console.Out(absl::StrCat("--- ", change.name, " version ",
                                     change.version, "\n+++ ", flags.file, "\n",
                                     text));
  }
  context.console.Err(Summary(change));
  return code;
}

}  // namespace

Verb AddPipelinesDiffVerb(CLI::App& pipelines) {
  auto flags = std::make_shared<DiffFlags>();
  CLI::App& app = AddParser(pipelines, "diff",
                            "Compare a file with the pipeline that is stored.\n"
                            "Exit code 1 if they differ, as diff has it.",
                            {"pipelines diff my-pipeline.yaml",
                             "pipelines diff my-pipeline.yaml --version 3"});
  app.add_option("file", flags->file, "file with a pipeline, as YAML")
      ->required()
      ->type_name("FILE");
  app.add_option("--version", flags->version, "version (the newest)")
      ->check(WholeNumber(1, 1'000'000'000))
      ->type_name("NUMBER");
  return {&app, [flags](Context& context) { return Diff(*flags, context); }};
}

}  // namespace stagecoach
