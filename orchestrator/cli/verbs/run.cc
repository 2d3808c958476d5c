#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/follow.h"
#include "orchestrator/cli/verbs/run_inputs.h"
#include "orchestrator/cli/verbs/support.h"
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
  bool detach = false;
};

absl::StatusOr<v1::RunRequest> MakeRequest(const RunFlags& flags,
                                           OrchestratorClient& client) {
  SC_ASSIGN_OR_RETURN(const v1::GetPipelineResponse found,
                      FetchPipeline(client, flags.pipeline, flags.version));
  v1::RunRequest request;
  request.set_pipeline(flags.pipeline);
  request.set_pipeline_version(flags.version);
  SC_RETURN_IF_ERROR(SetParameters(found.pipeline(), flags.settings, request));
  SC_RETURN_IF_ERROR(SetInputs(found.pipeline(), flags.inputs, request));
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
  SC_ASSIGN_OR_RETURN(const v1::CreateRunResponse created,
                      client.CreateRun(create));
  if (context.options.json) {
    context.console.Out(ToJson(created.run()));
    return ExitCode::kOk;
  }
  context.console.Out(Printable(created.run().id()) + "\n");
  context.console.Err(DetachedText(context, created.run().id()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Run(const RunFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(v1::RunRequest request, MakeRequest(flags, *client));
  if (flags.detach) return Detach(context, *client, std::move(request));
  return ExecuteAndReport(context, *client, request);
}

}  // namespace

Verb AddRunVerb(CLI::App& root) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App& app = AddParser(
      root, "run",
      "Run a pipeline, watch it and show its results.\n"
      "Ctrl-C lets go of the run, which goes on by itself.",
      {"run airline", "run airline --set proportion=0.8 --set epochs=200",
       "run airline --input source=pvc://artifacts/data/mine.csv",
       "run airline --detach"});
  app.add_option("pipeline", flags->pipeline, "name of the pipeline")
      ->required()
      ->type_name("");
  AddListFlag(app, "--set", flags->settings,
              "value of a parameter, e.g. epochs=200")
      ->type_name("NAME=VALUE");
  AddListFlag(app, "--input", flags->inputs,
              "artifact to give to the run, by URI")
      ->type_name("NAME=URI");
  app.add_option("--pipeline-version", flags->version,
                 "version of the pipeline (the newest)")
      ->check(WholeNumber(1, 1'000'000'000))
      ->type_name("NUMBER");
  app.add_option("--idempotency-key", flags->idempotency_key,
                 "the same key never makes a second run")
      ->type_name("KEY");
  app.add_flag("--detach", flags->detach, "do not watch; print the run's id");
  return {&app, [flags](Context& context) { return Run(*flags, context); }};
}

}  // namespace stagecoach
