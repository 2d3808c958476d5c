#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/follow.h"
#include "orchestrator/cli/verbs/repeat.h"
#include "orchestrator/cli/verbs/run_inputs.h"
#include "orchestrator/cli/verbs/support.h"
#include "orchestrator/cli/verbs/upload.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct RunFlags {
  std::string pipeline;
  int64_t version = 0;
  std::vector<std::string> settings;
  std::vector<std::string> inputs;
  std::string idempotency_key;
  std::string cache;  // empty: as each step says
  int priority = 0;
  std::string pull_folder;
  bool detach = false;
  bool wait = false;  // as without --detach
};

v1::CacheMode ParseCacheMode(const std::string& word) {
  if (word == "on") return v1::CACHE_MODE_ON;
  if (word == "off") return v1::CACHE_MODE_OFF;
  if (word == "refresh") return v1::CACHE_MODE_REFRESH;
  return v1::CACHE_MODE_UNSPECIFIED;
}

absl::StatusOr<v1::RunRequest> MakeRequest(const RunFlags& flags,
                                           Context& context,
                                           OrchestratorClient& client) {
  SC_ASSIGN_OR_RETURN(const v1::GetPipelineResponse found,
                      FetchPipeline(client, flags.pipeline, flags.version));
  v1::RunRequest request;
  request.set_pipeline(flags.pipeline);
  request.set_pipeline_version(flags.version);
  SC_RETURN_IF_ERROR(SetParameters(found.pipeline(), flags.settings, request));
  SC_RETURN_IF_ERROR(SetInputs(found.pipeline(), flags.inputs, request));
  SC_RETURN_IF_ERROR(UploadInputs(context, client, request));
  request.set_cache_mode(ParseCacheMode(flags.cache));
  request.set_priority(flags.priority);
  // With a key of our own the request can be repeated without a second run.
  request.set_idempotency_key(flags.idempotency_key.empty()
                                  ? absl::StrCat("cli-", RandomId(20))
                                  : flags.idempotency_key);
  return request;
}

absl::StatusOr<ExitCode> Detach(Context& context, OrchestratorClient& client,
                                v1::RunRequest request) {
  v1::CreateRunRequest create;
  *create.mutable_run() = std::move(request);
  v1::Run run;
  SC_RETURN_IF_ERROR(RepeatWhileAway(context, [&] {
    absl::StatusOr<v1::CreateRunResponse> created = client.CreateRun(create);
    if (created.ok()) run = std::move(*created->mutable_run());
    return created.status();
  }));
  if (PrintedForPrograms(context, run)) return ExitCode::kOk;
  context.console.Out(Printable(run.id()) + "\n");
  context.console.Err(DetachedText(context, run.id()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Run(const RunFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(v1::RunRequest request,
                      MakeRequest(flags, context, *client));
  if (flags.detach) return Detach(context, *client, std::move(request));
  return ExecuteAndReport(context, *client, request, flags.pull_folder);
}

}  // namespace

Verb AddRunVerb(CLI::App& root) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App& app = AddParser(
      root, "run",
      "Run a pipeline, watch it and show its results.\n"
      "Ctrl-C lets go of the run, which goes on by itself.",
      {"run airline", "run airline --set proportion=0.8 --set epochs=200",
       "run airline --input source=./mine.csv --set column=Sales",
       "run airline --input source=pvc://artifacts/data/mine.csv",
       "run airline --cache on --priority 10 --detach"});
  app.add_option("pipeline", flags->pipeline, "name of the pipeline")
      ->required()
      ->type_name("");
  AddListFlag(app, "--set", flags->settings,
              "value of a parameter, e.g. epochs=200")
      ->type_name("NAME=VALUE");
  AddListFlag(app, "--input", flags->inputs,
              "artifact to give to the run: a file here, or a URI")
      ->type_name("NAME=FILE");
  app.add_option("--pipeline-version", flags->version,
                 "version of the pipeline (the newest)")
      ->check(WholeNumber(1, 1'000'000'000))
      ->type_name("NUMBER");
  app.add_option("--idempotency-key", flags->idempotency_key,
                 "the same key never makes a second run")
      ->type_name("KEY");
  AddChoice(app, "--cache", flags->cache, {"on", "off", "refresh"},
            "use results of equal steps (as steps say)");
  app.add_option("--priority", flags->priority,
                 "its steps go before those of runs with less (0)")
      ->check(WholeNumber(-100, 100))
      ->type_name("NUMBER");
  CLI::Option* detach = app.add_flag("--detach", flags->detach,
                                     "do not watch; print the run's id");
  app.add_option("--pull", flags->pull_folder,
                 "copy its outputs into this folder")
      ->excludes(detach)
      ->type_name("FOLDER");
  app.add_flag("--wait", flags->wait,
               "watch it to its end (without --detach, always)")
      ->excludes(detach);
  return {&app, [flags](Context& context) { return Run(*flags, context); }};
}

}  // namespace stagecoach
