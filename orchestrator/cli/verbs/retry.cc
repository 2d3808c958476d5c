#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/follow.h"
#include "orchestrator/cli/verbs/repeat.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct RetryFlags {
  std::string run_id;
  std::string idempotency_key;
  bool detach = false;
  bool wait = false;  // as without --detach
};

absl::StatusOr<ExitCode> Retry(const RetryFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  v1::RetryRunRequest request;
  request.set_run_id(flags.run_id);
  request.set_idempotency_key(flags.idempotency_key.empty()
                                  ? absl::StrCat("cli-", RandomId(20))
                                  : flags.idempotency_key);
  v1::Run run;
  const absl::Status created = RepeatWhileAway(context, [&] {
    absl::StatusOr<v1::RetryRunResponse> response = client->RetryRun(request);
    if (response.ok()) run = std::move(*response->mutable_run());
    return response.status();
  });
  if (!created.ok()) return WithRunHint(*client, flags.run_id, created);
  if (!flags.detach) {
    return WatchAndReport(context, *client, run.id(), FollowOutput::kRun);
  }
  if (PrintedForPrograms(context, run)) return ExitCode::kOk;
  context.console.Out(Printable(run.id()) + "\n");
  context.console.Err(DetachedText(context, run.id()));
  return ExitCode::kOk;
}

}  // namespace

Verb AddRetryVerb(CLI::App& root) {
  auto flags = std::make_shared<RetryFlags>();
  CLI::App& app =
      AddParser(root, "retry",
                "Run again what failed.\n"
                "A new run takes over what succeeded and does the other steps.",
                {"retry airline-7k2m9q", "retry airline-7k2m9q --detach"});
  app.add_option("run", flags->run_id, "id of the run that failed")
      ->required()
      ->type_name("");
  app.add_option("--idempotency-key", flags->idempotency_key,
                 "the same key never makes a second run")
      ->type_name("KEY");
  CLI::Option* detach = app.add_flag("--detach", flags->detach,
                                     "do not watch; print the run's id");
  app.add_flag("--wait", flags->wait,
               "watch it to its end (without --detach, always)")
      ->excludes(detach);
  return {&app, [flags](Context& context) { return Retry(*flags, context); }};
}

}  // namespace stagecoach
