#include <memory>
#include <string>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/garbage.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// Deleting many gigabytes from a network volume takes longer than a look-up.
constexpr absl::Duration kTimeout = absl::Minutes(10);

struct GcFlags {
  absl::Duration max_age = absl::ZeroDuration();  // zero: no such rule
  int keep_last = 0;                              // zero: no such rule
  std::string pipeline;
  bool really = false;
  bool dry_run = false;  // as without --yes
};

absl::StatusOr<ExitCode> CollectGarbage(const GcFlags& flags,
                                        Context& context) {
  v1::CollectGarbageRequest request;
  if (flags.max_age > absl::ZeroDuration()) {
    *request.mutable_policy()->mutable_max_age() =
        ToProtoDuration(flags.max_age);
  }
  request.mutable_policy()->set_keep_last(flags.keep_last);
  if (!request.policy().has_max_age() && flags.keep_last == 0) {
    return UsageError(
        "say which runs to keep: --max-age 30d, --keep-last 20, or both");
  }
  request.set_pipeline(flags.pipeline);
  request.set_dry_run(!flags.really);
  if (!context.options.timeout) context.options.timeout = kTimeout;
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::CollectGarbageResponse garbage,
                      client->CollectGarbage(request));
  if (PrintedForPrograms(context, garbage)) return ExitCode::kOk;
  context.console.Out(
      RenderGarbage(garbage, request.dry_run(), OutLayout(context.console)));
  const bool anything =
      !garbage.deleted().empty() || !garbage.orphans().empty();
  if (request.dry_run() && anything) {
    context.console.Err("nothing was deleted; add --yes to do it\n");
  }
  return ExitCode::kOk;
}

}  // namespace

Verb AddGcVerb(CLI::App& root) {
  auto flags = std::make_shared<GcFlags>();
  CLI::App& app = AddParser(
      root, "gc",
      "Delete old runs and artifacts; first, say which.\n"
      "Nothing is deleted without --yes. A run is kept if a rule keeps it;\n"
      "what a kept run, a run under way or a pin needs always stays.",
      {"gc --keep-last 20", "gc --max-age 30d --pipeline airline",
       "gc --max-age 30d --keep-last 20 --yes"});
  AddDurationFlag(app, "--max-age", flags->max_age,
                  "keep runs that ended less than this long ago");
  app.add_option("--keep-last", flags->keep_last,
                 "keep so many of each pipeline's newest runs")
      ->check(WholeNumber(1, 1'000'000'000))
      ->type_name("NUMBER");
  app.add_option("--pipeline", flags->pipeline, "only runs of this pipeline")
      ->type_name("PIPELINE");
  CLI::Option* yes = app.add_flag("--yes", flags->really, "delete them");
  app.add_flag("--dry-run", flags->dry_run,
               "only say which would go (without --yes, always)")
      ->excludes(yes);
  return {&app, [flags](Context& context) {
            return CollectGarbage(*flags, context);
          }};
}

}  // namespace stagecoach
