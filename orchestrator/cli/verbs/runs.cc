#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/moments.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/run_details.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/verbs/runs_verbs.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr int kLargestPage = 1000;

struct RunsFlags {
  std::string pipeline;
  std::string state;
  std::string since;
  std::string until;
  int limit = 20;
};

// The time that flag `name` says; a usage error names the flag.
absl::StatusOr<absl::Time> Moment(absl::string_view name,
                                  const std::string& text,
                                  const Context& context) {
  absl::StatusOr<absl::Time> time =
      ParseMoment(text, context.clock.Now(), context.zone);
  if (time.ok()) return time;
  return AsUsageError(WithContext(time.status(), name));
}

absl::StatusOr<v1::ListRunsRequest> MakeRequest(const RunsFlags& flags,
                                                const Context& context) {
  v1::ListRunsRequest request;
  request.set_pipeline(flags.pipeline);
  if (const auto state = ParseRunState(flags.state)) request.set_state(*state);
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  if (!flags.since.empty()) {
    SC_ASSIGN_OR_RETURN(since, Moment("--since", flags.since, context));
    *request.mutable_created_after() = ToTimestamp(since);
  }
  if (!flags.until.empty()) {
    SC_ASSIGN_OR_RETURN(until, Moment("--until", flags.until, context));
    *request.mutable_created_before() = ToTimestamp(until);
  }
  if (since < until) return request;
  return UsageError("--since must be before --until: no run is between them");
}

// Reads as many pages as the limit asks for.
absl::StatusOr<v1::ListRunsResponse> List(v1::ListRunsRequest request,
                                          int limit,
                                          OrchestratorClient& client) {
  v1::ListRunsResponse all;
  while (all.runs_size() < limit) {
    request.set_page_size(std::min(kLargestPage, limit - all.runs_size()));
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
  SC_ASSIGN_OR_RETURN(const v1::ListRunsRequest request,
                      MakeRequest(flags, context));
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::ListRunsResponse list,
                      List(request, flags.limit, *client));
  if (PrintedForPrograms(context, list)) return ExitCode::kOk;
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

void AddFilters(CLI::App& app, RunsFlags& flags) {
  app.add_option("--pipeline", flags.pipeline, "only runs of this pipeline")
      ->type_name("PIPELINE");
  AddChoice(app, "--state", flags.state, RunStateWords(),
            "only runs in this state");
  app.add_option("--since", flags.since,
                 "only runs created since: 2h, 7d, today, 2026-11-20")
      ->type_name("TIME");
  app.add_option("--until", flags.until, "only runs created before that")
      ->type_name("TIME");
  app.add_option("--limit", flags.limit, "most runs to list (20)")
      ->check(WholeNumber(1, 100'000))
      ->type_name("NUMBER");
}

}  // namespace

Verb AddRunsVerb(CLI::App& root) {
  auto flags = std::make_shared<RunsFlags>();
  CLI::App& app = AddParser(
      root, "runs", "List runs, newest first; compare and explain them.",
      {"runs", "runs --pipeline airline --state failed --since 2h",
       "runs --limit 1000 -o json",
       "runs compare airline-7k2m9q airline-p4x0tz",
       "runs explain airline-7k2m9q"});
  app.require_subcommand(0, 1);
  AddFilters(app, *flags);
  AddParser(app, "list", "List runs, newest first, as 'runs' alone does.",
            {"runs list --state running"});
  const Verb compare = AddCompareVerb(app);
  const Verb explain = AddExplainVerb(app);
  return {&app, [flags, compare, explain](Context& context) {
            for (const Verb& verb : {compare, explain}) {
              if (verb.parser->parsed()) return verb.run(context);
            }
            return Runs(*flags, context);
          }};
}

}  // namespace stagecoach
