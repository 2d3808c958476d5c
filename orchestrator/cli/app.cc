#include "orchestrator/cli/app.h"

#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/cli/complete.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/usage.h"
#include "orchestrator/cli/verbs/completion_names.h"
#include "services/common/base/version.h"

namespace stagecoach {
namespace {

struct VerbEntry {
  const char* group;
  AddVerb add;
};

// In the order in which help lists them.
constexpr VerbEntry kVerbs[] = {{"Runs", AddRunVerb},
                                {"Runs", AddRunsVerb},
                                {"Runs", AddGetVerb},
                                {"Runs", AddWatchVerb},
                                {"Runs", AddLogsVerb},
                                {"Runs", AddForecastVerb},
                                {"Runs", AddTraceVerb},
                                {"Runs", AddCancelVerb},
                                {"Runs", AddPauseVerb},
                                {"Runs", AddResumeVerb},
                                {"Runs", AddRetryVerb},
                                {"Runs", AddDeleteVerb},
                                {"Runs", AddGcVerb},
                                {"What runs are made of", AddPipelinesVerb},
                                {"What runs are made of", AddStagesVerb},
                                {"What runs are made of", AddArtifactsVerb},
                                {"This machine", AddUpVerb},
                                {"This machine", AddDownVerb},
                                {"This machine", AddConfigVerb},
                                {"This machine", AddVersionVerb},
                                {"This machine", AddCompletionVerb}};

constexpr char kRootHelp[] =
    R"(Examples:
  stagecoach up                                 start a cluster here
  stagecoach run airline --set epochs=200       run a pipeline and watch it
  stagecoach runs --state failed                which runs have failed?
  stagecoach runs -o json | jq '.runs[0].id'    results for scripts

Which orchestrator: --server, --dir or --context, else STAGECOACH_SERVER,
STAGECOACH_DIR or STAGECOACH_CONTEXT, else the current context in
~/.config/stagecoach/config.yaml (or STAGECOACH_CONFIG), else the cluster in
.stagecoach here or in a parent folder.

Results go to standard output, everything else to standard error. With -o json
or -o yaml they are the API's messages as protobuf JSON: field names as in the
.proto files, 64-bit integers as strings, and fields at their default included.
There are colours on a terminal only, and none if NO_COLOR is set.

Exit codes: 0 done; 1 the run or the request failed; 2 the command line is
wrong; 3 the orchestrator was not reached; 130 interrupted.
)";

void AddGlobalFlags(CLI::App& root, GlobalOptions& options) {
  root.add_option("--server", options.server.server,
                  "orchestrator to talk to, host:port")
      ->type_name("ADDRESS");
  root.add_option("--dir", options.server.cluster_folder,
                  "folder of the local cluster (.stagecoach)")
      ->type_name("FOLDER");
  root.add_option("--context", options.server.context,
                  "orchestrator by its name in the configuration")
      ->type_name("NAME");
  AddChoice(root, "-o,--output", options.format_word, {"table", "json", "yaml"},
            "form of results (table)");
  AddDurationFlag(root, "--timeout", options.timeout,
                  "how long a call may take (10s)");
}

ExitCode Tell(Context& context, const std::string& name,
              const absl::Status& status) {
  const Layout layout = ErrLayout(context.console);
  std::string line = ErrorLine(status);
  if (IsNotReachable(status) && !absl::StrContains(line, "stagecoach up")) {
    absl::StrAppend(&line, "; ",
                    ReachAdvice(context.options.server, context.environment));
  }
  context.console.Err(absl::StrCat(
      Paint(layout, Tone::kBad, absl::StrCat(name, ":")), " ", line, "\n"));
  return ExitCodeFor(status);
}

}  // namespace

ExitCode RunCommandLine(const std::vector<std::string>& arguments,
                        Context& context) {
  CLI::App root("Runs machine-learning pipelines on warm gRPC stages.",
                "stagecoach");
  // Before the verbs are added: they take these settings over.
  SetUpHelp(root, kRootHelp);
  root.set_version_flag("--version", std::string(Version()),
                        "show the version");
  AddGlobalFlags(root, context.options);
  std::vector<Verb> verbs;
  for (const VerbEntry& entry : kVerbs) {
    verbs.push_back(entry.add(root));
    verbs.back().parser->group(entry.group);
  }

  if (!arguments.empty() && arguments.front() == "__complete") {
    context.console.Out(CompletionsText(
        Complete(root, {arguments.begin() + 1, arguments.end()},
                 [&context](NameKind kind, const std::string& owner) {
                   return CompletionNames(context, kind, owner);
                 })));
    return ExitCode::kOk;
  }
  const ParseOutcome outcome = Parse(root, arguments);
  if (!outcome.status.ok()) {
    return Tell(context, root.get_name(), outcome.status);
  }
  if (!outcome.text.empty()) {
    context.console.Out(outcome.text);
    return ExitCode::kOk;
  }
  for (const Verb& verb : verbs) {
    if (!verb.parser->parsed()) continue;
    const absl::StatusOr<ExitCode> code = verb.run(context);
    if (code.ok()) return *code;
    return Tell(context, FullName(DeepestParsed(root)), code.status());
  }
  context.console.Err(root.help());
  return ExitCode::kUsage;
}

}  // namespace stagecoach
