#include "orchestrator/cli/verbs/follow.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/client/run_follower.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/render/history.h"
#include "orchestrator/cli/render/preview.h"
#include "orchestrator/cli/render/run_report.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/run_displays.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

// Larger files are reported by shape alone.
constexpr int64_t kMostPreviewBytes = 1 << 20;

// Adds what can be read of an artifact; a report is no place to fail for one
// that cannot.
void AddPreview(OrchestratorClient& client, const v1::Artifact& artifact,
                RunReport& report) {
  if (HoldsTensors(artifact.type()) &&
      artifact.size_bytes() > kMostPreviewBytes) {
    return;
  }
  const absl::StatusOr<std::string> bytes =
      ReadBeginning(client, artifact.uri(), kMostPreviewBytes);
  if (!bytes.ok()) return;
  const absl::StatusOr<std::string> line = PreviewLine(artifact, *bytes);
  if (line.ok()) report.values[artifact.uri()] = *line;
  if (artifact.type() == v1::ARTIFACT_TYPE_REPORT && !report.history) {
    report.history = ParseHistory(*bytes);
  }
}

RunReport MakeReport(const Context& context, OrchestratorClient& client,
                     v1::Run run) {
  RunReport report;
  report.program = ProgramCall(context);
  for (const v1::Step& step : run.steps()) {
    for (const v1::Artifact& artifact : step.outputs()) {
      AddPreview(client, artifact, report);
    }
  }
  const std::string folder = ArtifactFolder(run);
  if (!folder.empty()) report.local_folder = LocalPathOf(context, folder);
  report.run = std::move(run);
  return report;
}

std::unique_ptr<RunObserver> MakeDisplay(const Context& context,
                                         FollowOutput output) {
  if (context.options.json && output == FollowOutput::kEvents) {
    return MakeJsonDisplay(context);
  }
  if (context.console.ErrSize().has_value()) return MakeLiveDisplay(context);
  return MakePlainDisplay(context);
}

ExitCode Report(Context& context, OrchestratorClient& client, Followed followed,
                FollowOutput output) {
  const bool succeeded = followed.run.state() == v1::RUN_STATE_SUCCEEDED;
  if (!context.options.json) {
    const RunReport report =
        MakeReport(context, client, std::move(followed.run));
    context.console.Out(absl::StrCat(
        "\n", RenderRunReport(report, OutLayout(context.console))));
  } else if (output == FollowOutput::kRun) {
    context.console.Out(ToJson(followed.run));
  }
  return succeeded ? ExitCode::kOk : ExitCode::kFailed;
}

using FollowCall = std::function<absl::StatusOr<Followed>(RunFollower&)>;

absl::StatusOr<ExitCode> FollowAndReport(Context& context,
                                         OrchestratorClient& client,
                                         FollowOutput output,
                                         const FollowCall& call) {
  std::optional<Followed> followed;
  {
    const std::unique_ptr<Interrupt> interrupt = context.interrupt();
    const std::unique_ptr<RunObserver> display = MakeDisplay(context, output);
    FollowOptions options;
    options.replay_ended =
        context.options.json && output == FollowOutput::kEvents;
    RunFollower follower(client, *display, *interrupt, context.clock, options);
    SC_ASSIGN_OR_RETURN(followed, call(follower));
  }
  if (!followed->interrupted) {
    return Report(context, client, *std::move(followed), output);
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
                                          const v1::RunRequest& request) {
  v1::ExecuteRunRequest execute;
  *execute.mutable_run() = request;
  return FollowAndReport(
      context, client, FollowOutput::kRun,
      [&](RunFollower& follower) { return follower.Execute(execute); });
}

absl::StatusOr<ExitCode> WatchAndReport(Context& context,
                                        OrchestratorClient& client,
                                        const std::string& run_id,
                                        FollowOutput output) {
  return FollowAndReport(context, client, output, [&](RunFollower& follower) {
    return follower.Watch(run_id);
  });
}

}  // namespace stagecoach
