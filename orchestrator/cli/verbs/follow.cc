#include "orchestrator/cli/verbs/follow.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/client/run_follower.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/run_report.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/download.h"
#include "orchestrator/cli/verbs/previews.h"
#include "orchestrator/cli/verbs/run_displays.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

RunReport MakeReport(const Context& context, OrchestratorClient& client,
                     v1::Run run) {
  RunReport report;
  report.program = ProgramCall(context);
  Previews previews;
  for (const v1::Step& step : run.steps()) {
    for (const v1::Artifact& artifact : step.outputs()) {
      AddPreview(client, artifact, previews);
    }
  }
  report.values = std::move(previews.lines);
  report.history = std::move(previews.history);
  const std::string folder = ArtifactFolder(run);
  if (!folder.empty()) report.local_folder = LocalPathOf(context, folder);
  report.run = std::move(run);
  return report;
}

std::unique_ptr<RunObserver> MakeDisplay(const Context& context,
                                         FollowOutput output) {
  if (ForPrograms(context) && output == FollowOutput::kEvents) {
    return MakeEventDisplay(context);
  }
  if (context.console.ErrSize().has_value()) return MakeLiveDisplay(context);
  return MakePlainDisplay(context);
}

// Shows the end, and copies outputs into `pull_folder` unless it is empty.
absl::StatusOr<ExitCode> Report(Context& context, OrchestratorClient& client,
                                Followed followed, FollowOutput output,
                                const std::string& pull_folder) {
  const bool succeeded = followed.run.state() == v1::RUN_STATE_SUCCEEDED;
  if (succeeded && !pull_folder.empty()) {
    SC_RETURN_IF_ERROR(
        DownloadOutputs(context, client, followed.run, pull_folder));
  }
  if (!ForPrograms(context)) {
    const RunReport report =
        MakeReport(context, client, std::move(followed.run));
    context.console.Out(absl::StrCat(
        "\n", RenderRunReport(report, OutLayout(context.console))));
  } else if (output == FollowOutput::kRun) {
    PrintedForPrograms(context, followed.run);
  }
  return succeeded ? ExitCode::kOk : ExitCode::kFailed;
}

using FollowCall = std::function<absl::StatusOr<Followed>(RunFollower&)>;

absl::StatusOr<ExitCode> FollowAndReport(Context& context,
                                         OrchestratorClient& client,
                                         FollowOutput output,
                                         const std::string& pull_folder,
                                         const FollowCall& call) {
  std::optional<Followed> followed;
  {
    const std::unique_ptr<Interrupt> interrupt = context.interrupt();
    const std::unique_ptr<RunObserver> display = MakeDisplay(context, output);
    FollowOptions options;
    options.replay_ended =
        ForPrograms(context) && output == FollowOutput::kEvents;
    RunFollower follower(client, *display, *interrupt, context.clock, options);
    SC_ASSIGN_OR_RETURN(followed, call(follower));
  }
  if (!followed->interrupted) {
    return Report(context, client, *std::move(followed), output, pull_folder);
  }
  if (followed->run.id().empty()) {
    return absl::CancelledError("interrupted before the run was created");
  }
  context.console.Err(
      absl::StrCat("\n", DetachedText(context, followed->run.id())));
  return ExitCode::kInterrupted;
}

}  // namespace

std::string DetachedText(const Context& context, const std::string& run_id) {
  const std::string program = ProgramCall(context);
  const std::string id = Printable(run_id);
  return absl::StrCat("run ", id, " goes on by itself\n  watch it:  ", program,
                      " watch ", id, "\n  stop it:   ", program, " cancel ", id,
                      "\n");
}

absl::StatusOr<ExitCode> ExecuteAndReport(Context& context,
                                          OrchestratorClient& client,
                                          const v1::RunRequest& request,
                                          const std::string& pull_folder) {
  v1::ExecuteRunRequest execute;
  *execute.mutable_run() = request;
  return FollowAndReport(
      context, client, FollowOutput::kRun, pull_folder,
      [&](RunFollower& follower) { return follower.Execute(execute); });
}

absl::StatusOr<ExitCode> WatchAndReport(Context& context,
                                        OrchestratorClient& client,
                                        const std::string& run_id,
                                        FollowOutput output) {
  return FollowAndReport(
      context, client, output, /*pull_folder=*/"",
      [&](RunFollower& follower) { return follower.Watch(run_id); });
}

}  // namespace stagecoach
