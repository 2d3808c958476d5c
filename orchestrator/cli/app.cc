#include "orchestrator/cli/app.h"

#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/usage.h"
#include "services/common/base/version.h"

namespace stagecoach {
namespace {

// In the order in which help lists them.
constexpr AddVerb kVerbs[] = {AddUpVerb,     AddDownVerb,      AddRunVerb,
                              AddGetVerb,    AddRunsVerb,      AddWatchVerb,
                              AddCancelVerb, AddRetryVerb,     AddDeleteVerb,
                              AddStagesVerb, AddPipelinesVerb, AddArtifactsVerb,
                              AddVersionVerb};

constexpr char kRootHelp[] =
    R"(Examples:
  stagecoach up                                 start a cluster here
  stagecoach run airline --set epochs=200       run a pipeline and watch it
  stagecoach runs --state failed                which runs have failed?
  stagecoach runs -o json | jq '.runs[0].id'    results for scripts

Which orchestrator: --server, else --dir, else STAGECOACH_SERVER, else
STAGECOACH_DIR, else the cluster in .stagecoach here or in a parent folder.

Results go to standard output, everything else to standard error. With -o json
they are the API's messages as protobuf JSON: field names as in the .proto
files, 64-bit integers as strings, and fields at their default included. There
are colours on a terminal only, and none if NO_COLOR is set.

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
  root.add_option_function<std::string>(
          "-o,--output",
          [&options](const std::string& format) {
            options.json = format == "json";
          },
          "form of results: table or json")
      ->check(OneOf({"table", "json"}))
      ->type_name("FORMAT");
  AddDurationFlag(root, "--timeout", options.timeout,
                  "how long a call may take (10s)");
}

ExitCode Tell(Context& context, const std::string& name,
              const absl::Status& status) {
  const Layout layout = ErrLayout(context.console);
  context.console.Err(
      absl::StrCat(Paint(layout, Tone::kBad, absl::StrCat(name, ":")), " ",
                   ErrorLine(status), "\n"));
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
  for (const AddVerb add : kVerbs) verbs.push_back(add(root));

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
