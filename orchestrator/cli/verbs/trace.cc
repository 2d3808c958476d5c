#include "orchestrator/cli/render/trace.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct TraceFlags {
  std::string run_id;
  std::string file;
};

absl::StatusOr<ExitCode> WriteTrace(const TraceFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.run_id));
  const std::string trace = ChromeTrace(run, context.clock.Now());
  if (flags.file == "-") {
    context.console.Out(trace);
    return ExitCode::kOk;
  }
  std::filesystem::path path = context.environment.working_folder;
  path /= flags.file.empty() ? run.id() + ".trace.json" : flags.file;
  std::error_code ignored;  // writing tells more
  if (std::filesystem::exists(path, ignored) &&
      !std::filesystem::is_regular_file(path, ignored)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path.string(), " is there, but no file; use -o - to write elsewhere"));
  }
  SC_RETURN_IF_ERROR(WriteFile(path.string(), trace));
  context.console.Out(path.string() + "\n");
  context.console.Err("open it with https://ui.perfetto.dev\n");
  return ExitCode::kOk;
}

}  // namespace

Verb AddTraceVerb(CLI::App& root) {
  auto flags = std::make_shared<TraceFlags>();
  CLI::App& app = AddParser(
      root, "trace",
      "Write where the time of a run went, as a trace.\n"
      "A track a step, with its waits, attempts and phases; for Perfetto.",
      {"trace airline-7k2m9q -o trace.json",
       "trace airline-7k2m9q -o - | gzip > trace.json.gz"});
  app.add_option("run", flags->run_id, "id of the run (the newest)")
      ->type_name("");
  // Here it is a file, as with compilers: there is only one form.
  app.add_option("-o,--output", flags->file,
                 "file to write; - for standard output (RUN.trace.json)")
      ->type_name("FILE");
  return {&app,
          [flags](Context& context) { return WriteTrace(*flags, context); }};
}

}  // namespace stagecoach
