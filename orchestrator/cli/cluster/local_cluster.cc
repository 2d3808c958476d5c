#include "orchestrator/cli/cluster/local_cluster.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLockPoll = absl::Milliseconds(50);
constexpr absl::Duration kRollbackPatience = absl::Seconds(5);
constexpr absl::Duration kDownLockTimeout = absl::Seconds(60);
constexpr char kStageFlag[] = "--stage=";

std::set<std::string> StageArguments(
    const std::vector<std::string>& arguments) {
  std::set<std::string> result;
  for (const std::string& argument : arguments) {
    if (absl::StartsWith(argument, kStageFlag)) result.insert(argument);
  }
  return result;
}

std::vector<std::string> StageArguments(const UpReport& report) {
  std::vector<std::string> arguments;
  for (const ServerReport& stage : report.servers) {
    arguments.push_back(
        absl::StrCat(kStageFlag, stage.name, "=", stage.endpoints.grpc));
  }
  return arguments;
}

}  // namespace

LocalCluster::LocalCluster(ClusterFolder folder, Processes& processes,
                           HealthCheck& health, Interrupt& interrupt,
                           const Clock& clock,
                           std::function<void(absl::string_view)> tell)
    : folder_(std::move(folder)),
      interrupt_(interrupt),
      clock_(clock),
      tell_(std::move(tell)),
      runner_(folder_, processes, health, interrupt, clock) {}

absl::StatusOr<UpReport> LocalCluster::Up(const UpOptions& options) {
  SC_RETURN_IF_ERROR(folder_.Create());
  SC_ASSIGN_OR_RETURN(const FileLock lock, Lock(options.timeout));
  deadline_ = clock_.Elapsed() + options.timeout;
  absl::StatusOr<UpReport> report = UpLocked(options);
  if (report.ok()) return report;
  // What ran before goes on; only what this call has started is taken back.
  const absl::Status stopped =
      runner_.Stop(runner_.started(), kRollbackPatience).status();
  if (!stopped.ok()) tell_(stopped.message());
  return report.status();
}

absl::StatusOr<FileLock> LocalCluster::Lock(absl::Duration timeout) {
  const absl::Duration give_up = clock_.Elapsed() + timeout;
  bool told = false;
  while (true) {
    absl::StatusOr<FileLock> lock = FileLock::Take(folder_.LockPath());
    if (lock.ok() || !absl::IsUnavailable(lock.status())) return lock;
    if (interrupt_.requested()) return absl::CancelledError("interrupted");
    if (clock_.Elapsed() >= give_up) {
      return absl::UnavailableError(
          absl::StrCat("another 'stagecoach up' or 'down' is at work in ",
                       folder_.path(), " (it holds ", folder_.LockPath(), ")"));
    }
    if (!std::exchange(told, true)) {
      tell_("waiting for another 'stagecoach up' or 'down' to end");
    }
    interrupt_.Sleep(kLockPoll);
  }
}

absl::StatusOr<UpReport> LocalCluster::UpLocked(const UpOptions& options) {
  SC_ASSIGN_OR_RETURN(settings_, folder_.ReadSettings());
  SC_RETURN_IF_ERROR(ChooseVolume(options));
  SC_RETURN_IF_ERROR(CopyData(options));
  UpReport report;
  report.volume_path = settings_.volume_path;
  SC_RETURN_IF_ERROR(StartStages(options, report));
  SC_RETURN_IF_ERROR(StartOrchestrator(options, report));
  for (const ServerReport& server : report.servers) {
    settings_.ports[server.name] = {PortOf(server.endpoints.grpc),
                                    PortOf(server.endpoints.metrics),
                                    PortOf(server.endpoints.http)};
  }
  SC_RETURN_IF_ERROR(folder_.WriteSettings(settings_));
  return report;
}

absl::Status LocalCluster::ChooseVolume(const UpOptions& options) {
  const std::string before = settings_.volume_path;
  std::string volume = options.volume_path;
  if (volume.empty()) volume = before;
  if (volume.empty()) volume = folder_.DefaultVolumePath();
  if (!before.empty() && volume != before) {
    for (const std::string& name : folder_.ServersWithEndpoints()) {
      if (!runner_.FindRunning(name).has_value()) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("the cluster runs on volume ", before, ", not ", volume,
                       "; stop it first: stagecoach down"));
    }
  }
  settings_.volume_path = volume;
  return CreateFolders(volume);
}

absl::Status LocalCluster::CopyData(const UpOptions& options) {
  if (options.data_folder.empty()) return absl::OkStatus();
  const std::string target = absl::StrCat(settings_.volume_path, "/data");
  SC_ASSIGN_OR_RETURN(const int copied,
                      CopyMissingFiles(options.data_folder, target));
  if (copied > 0) tell_(absl::StrCat("copied the example data to ", target));
  return absl::OkStatus();
}

absl::Status LocalCluster::StartIfMissing(
    const UpOptions& options, const std::vector<std::string>& arguments,
    ServerReport& server) {
  if (const auto endpoints = runner_.FindRunning(server.name)) {
    server.endpoints = *endpoints;
    return absl::OkStatus();
  }
  server.started = true;
  std::vector<std::string> all = {
      absl::StrCat("--volume=artifacts=", settings_.volume_path)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return runner_.Start(server.name, options.program_folder,
                       settings_.ports[server.name], all);
}

absl::Status LocalCluster::StartStages(const UpOptions& options,
                                       UpReport& report) {
  for (const std::string& name : options.stages) {
    report.servers.push_back({name});
    SC_RETURN_IF_ERROR(StartIfMissing(options, {}, report.servers.back()));
  }
  // All at once, then waited for one by one. One that was found is waited for
  // too: it may be about to serve, or hang.
  for (ServerReport& server : report.servers) {
    SC_ASSIGN_OR_RETURN(server.endpoints,
                        runner_.AwaitServing(server.name, deadline_));
  }
  return absl::OkStatus();
}

absl::Status LocalCluster::StartOrchestrator(const UpOptions& options,
                                             UpReport& report) {
  std::vector<std::string> arguments = StageArguments(report);
  SC_RETURN_IF_ERROR(StopOutdatedOrchestrator(arguments));
  arguments.push_back(absl::StrCat("--store=sqlite:", folder_.StorePath()));
  if (!options.pipelines_folder.empty()) {
    arguments.push_back(absl::StrCat("--pipelines=", options.pipelines_folder));
  }
  ServerReport server{kOrchestratorName};
  SC_RETURN_IF_ERROR(StartIfMissing(options, arguments, server));
  SC_ASSIGN_OR_RETURN(server.endpoints,
                      runner_.AwaitServing(server.name, deadline_));
  report.servers.push_back(std::move(server));
  return absl::OkStatus();
}

absl::Status LocalCluster::StopOutdatedOrchestrator(
    const std::vector<std::string>& stage_arguments) {
  const std::optional<Endpoints> endpoints =
      runner_.FindRunning(kOrchestratorName);
  if (!endpoints.has_value()) return absl::OkStatus();
  const std::set<std::string> wanted(stage_arguments.begin(),
                                     stage_arguments.end());
  if (StageArguments(runner_.ArgumentsOf(endpoints->pid)) == wanted) {
    return absl::OkStatus();
  }
  tell_("restarting the orchestrator: its stages have new addresses");
  return runner_
      .Stop({{kOrchestratorName, endpoints->pid}}, deadline_ - clock_.Elapsed())
      .status();
}

absl::StatusOr<std::vector<ServerReport>> LocalCluster::Down(
    const DownOptions& options) {
  std::error_code ignored;  // cannot be looked at is as good as not there
  if (!fs::is_directory(folder_.path(), ignored)) {
    return std::vector<ServerReport>();
  }
  SC_ASSIGN_OR_RETURN(const FileLock lock, Lock(kDownLockTimeout));
  std::vector<ServerReport> reports;
  std::map<std::string, int64_t> stages;
  for (const std::string& name : folder_.ServersWithEndpoints()) {
    const std::optional<Endpoints> endpoints = runner_.FindRunning(name);
    if (!endpoints.has_value()) continue;
    reports.push_back({name, *endpoints});
    if (name != kOrchestratorName) stages[name] = endpoints->pid;
  }
  std::vector<std::string> killed;
  if (!reports.empty() && reports.front().name == kOrchestratorName) {
    SC_ASSIGN_OR_RETURN(
        killed,
        runner_.Stop({{kOrchestratorName, reports.front().endpoints.pid}},
                     options.drain_timeout));
  }
  SC_ASSIGN_OR_RETURN(const std::vector<std::string> killed_stages,
                      runner_.Stop(stages, options.drain_timeout));
  killed.insert(killed.end(), killed_stages.begin(), killed_stages.end());
  for (ServerReport& report : reports) {
    report.killed =
        std::find(killed.begin(), killed.end(), report.name) != killed.end();
  }
  return reports;
}

}  // namespace stagecoach
