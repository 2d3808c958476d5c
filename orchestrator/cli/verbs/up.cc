#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/cluster/local_cluster.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/cluster_text.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

struct UpFlags {
  std::string volume_path;
  std::string pipelines;
  std::string programs;
  std::vector<std::string> stages = absl::StrSplit(STAGECOACH_STAGES, ',');
  absl::Duration wait = absl::Seconds(30);
  bool foreground = false;
};

bool IsFolder(const fs::path& path) {
  std::error_code ignored;  // cannot be looked at is as good as not there
  return fs::is_directory(path, ignored);
}

// Pipelines and data stand beside the installed programs, or in the sources
// that the programs were built from.
std::string SharedFolder(const fs::path& programs, const char* name) {
  for (const fs::path& share : {programs / ".." / "share" / "stagecoach",
                                fs::path(STAGECOACH_SOURCE_SHARE)}) {
    if (IsFolder(share / name)) return (share / name).lexically_normal();
  }
  return "";
}

absl::StatusOr<UpOptions> MakeOptions(const UpFlags& flags,
                                      const Environment& environment) {
  const fs::path here = environment.working_folder;
  const fs::path programs =
      flags.programs.empty() ? fs::path(environment.program_path).parent_path()
                             : (here / flags.programs).lexically_normal();
  UpOptions options;
  options.program_folder = programs.string();
  options.stages = flags.stages;
  options.pipelines_folder = SharedFolder(programs, "pipelines");
  if (!flags.pipelines.empty()) {
    options.pipelines_folder =
        (here / flags.pipelines).lexically_normal().string();
    if (!IsFolder(options.pipelines_folder)) {
      return absl::NotFoundError(absl::StrCat(
          "--pipelines ", options.pipelines_folder, " is not a folder"));
    }
  }
  options.data_folder = SharedFolder(programs, "data");
  if (!flags.volume_path.empty()) {
    options.volume_path =
        (here / flags.volume_path).lexically_normal().string();
  }
  options.timeout = flags.wait;
  return options;
}

nlohmann::ordered_json ToJson(const ClusterFolder& folder,
                              const UpReport& report) {
  nlohmann::ordered_json servers = nlohmann::ordered_json::array();
  for (const ServerReport& server : report.servers) {
    servers.push_back({{"name", server.name},
                       {"pid", server.endpoints.pid},
                       {"grpc", server.endpoints.grpc},
                       {"metrics", server.endpoints.metrics},
                       {"http", server.endpoints.http},
                       {"started", server.started}});
  }
  return {{"folder", folder.path()},
          {"volume", report.volume_path},
          {"server", report.servers.back().endpoints.grpc},
          {"http", report.servers.back().endpoints.http},
          {"servers", servers}};
}

std::string Render(const ClusterFolder& folder, const UpReport& report,
                   absl::Duration took, const std::string& program,
                   const Layout& layout) {
  Table table({{"SERVER"}, {"STATE"}, {"GRPC"}, {"METRICS"}, {"PID"}});
  for (const ServerReport& server : report.servers) {
    table.AddRow({{server.name},
                  server.started ? Span{"started", Tone::kGood}
                                 : Span{"already running"},
                  {server.endpoints.grpc},
                  {server.endpoints.metrics},
                  {absl::StrCat(server.endpoints.pid)}});
  }
  return absl::StrCat(
      table.Render(layout), "\nready in ", DurationText(took), "\n  folder  ",
      folder.path(), "\n  volume  ", report.volume_path, "\n  http    http://",
      report.servers.back().endpoints.http, "/v1\n\nGo on with\n  ", program,
      " pipelines\n  ", program, " run airline\n  ", program, " down\n");
}

// How to call the program for the cluster in `folder`: what was configured may
// name another one.
std::string CallFor(const Context& context, const ClusterFolder& folder) {
  const absl::StatusOr<ServerChoice> choice =
      ChooseServer(context.options.server, context.environment);
  const bool chosen = choice.ok() && choice->folder.has_value() &&
                      choice->folder->path() == folder.path();
  return chosen ? ProgramCall(context)
                : absl::StrCat("stagecoach --dir ", folder.path());
}

absl::StatusOr<ExitCode> Up(const UpFlags& flags, Context& context) {
  const ClusterFolder folder =
      ChooseClusterFolder(context.options.server, context.environment);
  SC_ASSIGN_OR_RETURN(const UpOptions options,
                      MakeOptions(flags, context.environment));
  const std::unique_ptr<Interrupt> interrupt = context.interrupt();
  PosixProcesses processes;
  GrpcHealthCheck health;
  LocalCluster cluster(folder, processes, health, *interrupt, context.clock,
                       [&context](absl::string_view line) {
                         context.console.Err(absl::StrCat(line, "\n"));
                       });
  const absl::Duration start = context.clock.Elapsed();
  SC_ASSIGN_OR_RETURN(const UpReport report, cluster.Up(options));
  const absl::Duration took = context.clock.Elapsed() - start;
  if (!PrintedForPrograms(context, ToJson(folder, report))) {
    context.console.Out(Render(folder, report, took, CallFor(context, folder),
                               OutLayout(context.console)));
  }
  if (!flags.foreground) return ExitCode::kOk;

  context.console.Err("stops with Ctrl-C\n");
  while (!interrupt->requested()) interrupt->Sleep(absl::Seconds(1));
  SC_ASSIGN_OR_RETURN(const std::vector<ServerReport> stopped,
                      cluster.Down(DownOptions()));
  context.console.Err(RenderStopped(stopped, ErrLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddUpVerb(CLI::App& root) {
  auto flags = std::make_shared<UpFlags>();
  CLI::App& app = AddParser(
      root, "up",
      "Start a cluster on this machine.\n"
      "Every stage and the orchestrator; what runs already is left alone.",
      {"up", "up --volume-path /mnt/artifacts",
       "up --pipelines ./my-pipelines --foreground"});
  app.add_option("--volume-path", flags->volume_path,
                 "folder for artifacts (.stagecoach/volume)")
      ->type_name("FOLDER");
  app.add_option("--pipelines", flags->pipelines,
                 "folder of pipelines to offer")
      ->type_name("FOLDER");
  app.add_option("--programs", flags->programs,
                 "folder of the programs (this one's)")
      ->type_name("FOLDER");
  app.add_option("--stages", flags->stages,
                 "stages to run, by name (" STAGECOACH_STAGES ")")
      ->delimiter(',')
      ->type_name("NAMES");
  AddDurationFlag(app, "--wait", flags->wait,
                  "how long starting may take (30s)");
  app.add_flag("--foreground", flags->foreground,
               "stay, and stop everything with Ctrl-C");
  return {&app, [flags](Context& context) { return Up(*flags, context); }};
}

}  // namespace stagecoach
