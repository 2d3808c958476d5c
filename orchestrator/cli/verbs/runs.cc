#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/render/run_details.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/verb.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr int kLargestPage = 1000;

struct RunsFlags {
  std::string pipeline;
  std::string state;
  int limit = 20;
};

// Reads as many pages as the limit asks for.
absl::StatusOr<v1::ListRunsResponse> List(const RunsFlags& flags,
                                          OrchestratorClient& client) {
  v1::ListRunsRequest request;
  request.set_pipeline(flags.pipeline);
  if (const auto state = ParseRunState(flags.state)) request.set_state(*state);
  v1::ListRunsResponse all;
  while (all.runs_size() < flags.limit) {
    request.set_page_size(
        std::min(kLargestPage, flags.limit - all.runs_size()));
    SC_ASSIGN_OR_RETURN(const v1::ListRunsResponse page,
                        client.ListRuns(request));
    all.mutable_runs()->MergeFrom(page.runs());
    all.set_next_page_token(page.next_page_token());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  return all;
}

absl::StatusOr<ExitCode> Runs(const RunsFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::ListRunsResponse list, List(flags, *client));
  if (context.options.json) {
    context.console.Out(ToJson(list));
    return ExitCode::kOk;
  }
  if (list.runs().empty()) {
    context.console.Err("there is no such run yet\n");
    return ExitCode::kOk;
  }
  const std::vector<v1::Run> runs(list.runs().begin(), list.runs().end());
  context.console.Out(
      RenderRunList(runs, context.clock.Now(), OutLayout(context.console)));
  if (!list.next_page_token().empty()) {
    context.console.Err("there are more; see --limit\n");
  }
  return ExitCode::kOk;
}

}  // namespace

Verb AddRunsVerb(CLI::App& root) {
  auto flags = std::make_shared<RunsFlags>();
  CLI::App& app = AddParser(root, "runs", "List runs, newest first.",
                            {"runs", "runs --pipeline airline --state failed",
                             "runs --limit 1000 -o json"});
  app.add_option("--pipeline", flags->pipeline, "only runs of this pipeline")
      ->type_name("NAME");
  app.add_option("--state", flags->state,
                 "only runs in this state: running, succeeded, …")
      ->check(OneOf(RunStateWords()))
      ->type_name("STATE");
  app.add_option("--limit", flags->limit, "most runs to list (20)")
      ->check(WholeNumber(1, 100'000))
      ->type_name("NUMBER");
  return {&app, [flags](Context& context) { return Runs(*flags, context); }};
}

}  // namespace stagecoach
