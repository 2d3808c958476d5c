#include "orchestrator/cli/cluster/server_runner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/cluster/files.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr absl::Duration kHealthTimeout = absl::Seconds(2);
constexpr absl::Duration kKillPatience = absl::Seconds(10);
constexpr int kLogLines = 15;

}  // namespace

std::string ServerProgramName(absl::string_view server) {
  return absl::StrCat("stagecoach-", server);
}

ServerRunner::ServerRunner(const ClusterFolder& folder, Processes& processes,
                           HealthCheck& health, Interrupt& interrupt,
                           const Clock& clock)
    : folder_(folder),
      processes_(processes),
      health_(health),
      interrupt_(interrupt),
      clock_(clock) {}

std::optional<Endpoints> ServerRunner::FindRunning(const std::string& server) {
  const absl::StatusOr<Endpoints> endpoints = folder_.ReadEndpoints(server);
  if (endpoints.ok() && IsRunning(server, endpoints->pid)) return *endpoints;
  folder_.RemoveEndpoints(server);
  return std::nullopt;
}

bool ServerRunner::IsRunning(const std::string& server, int64_t pid) {
  return processes_.IsRunning(
      {pid, ServerProgramName(server),
       absl::StrCat("--endpoints-file=", folder_.EndpointsPath(server))});
}

std::string ServerRunner::Listen(int port) {
  const bool again = port > 0 && processes_.PortIsFree(port);
  return absl::StrCat("127.0.0.1:", again ? port : 0);
}

absl::Status ServerRunner::Start(const std::string& server,
                                 const std::string& program_folder,
                                 ServerPorts ports,
                                 const std::vector<std::string>& arguments) {
  ProcessSpec spec;
  spec.program = absl::StrCat(program_folder, "/", ServerProgramName(server));
  spec.log_path = folder_.LogPath(server);
  spec.arguments = {
      absl::StrCat("--listen=", Listen(ports.grpc)),
      absl::StrCat("--metrics-listen=", Listen(ports.metrics)),
      absl::StrCat("--endpoints-file=", folder_.EndpointsPath(server))};
  if (server == kOrchestratorName) {
    spec.arguments.push_back(
        absl::StrCat("--http-listen=", Listen(ports.http)));
  }
  spec.arguments.insert(spec.arguments.end(), arguments.begin(),
                        arguments.end());
  Launch launch;
  launch.log_start = FileSize(spec.log_path);
  folder_.RemoveEndpoints(server);
  SC_ASSIGN_OR_RETURN(launch.pid, processes_.Start(spec));
  launches_[server] = launch;
  return absl::OkStatus();
}

absl::StatusOr<Endpoints> ServerRunner::AwaitServing(const std::string& server,
                                                     absl::Duration deadline) {
  while (true) {
    SC_ASSIGN_OR_RETURN(const std::optional<Endpoints> endpoints,
                        Probe(server));
    if (endpoints.has_value()) return *endpoints;
    if (interrupt_.requested()) return absl::CancelledError("interrupted");
    if (clock_.Elapsed() >= deadline) {
      return WithLog(server, "does not serve in time");
    }
    interrupt_.Sleep(kPoll);
  }
}

absl::StatusOr<std::optional<Endpoints>> ServerRunner::Probe(
    const std::string& server) {
  SC_RETURN_IF_ERROR(CheckAlive(server));
  const absl::StatusOr<Endpoints> endpoints = folder_.ReadEndpoints(server);
  // Not written yet.
  if (!endpoints.ok()) return std::nullopt;
  if (!health_.Check(endpoints->grpc, kHealthTimeout).ok()) {
    return std::nullopt;
  }
  return *endpoints;
}

absl::Status ServerRunner::CheckAlive(const std::string& server) {
  const auto launch = launches_.find(server);
  if (launch != launches_.end()) {
    const std::optional<std::string> end =
        processes_.HowEnded(launch->second.pid);
    if (!end.has_value()) return absl::OkStatus();
    launches_.erase(launch);
    return WithLog(server, absl::StrCat("ended (", *end, ")"));
  }
  if (FindRunning(server).has_value()) return absl::OkStatus();
  return WithLog(server, "ended");
}

absl::Status ServerRunner::WithLog(const std::string& server,
                                   absl::string_view what) {
  const std::string path = folder_.LogPath(server);
  const auto launch = launches_.find(server);
  const int64_t from = launch == launches_.end() ? 0 : launch->second.log_start;
  const std::string tail = TailOfFile(path, from, kLogLines);
  return absl::UnavailableError(absl::StrCat(
      ServerProgramName(server), " ", what, "; its log ", path,
      tail.empty() ? " is empty" : absl::StrCat(" ends with\n", tail)));
}

absl::StatusOr<std::vector<std::string>> ServerRunner::Stop(
    const std::map<std::string, int64_t>& pids, absl::Duration patience) {
  for (const auto& [server, pid] : pids) {
    SC_RETURN_IF_ERROR(processes_.Terminate(pid), "stop ", server);
  }
  std::map<std::string, int64_t> left = AwaitEnd(pids, patience);
  std::vector<std::string> killed;
  for (const auto& [server, pid] : left) {
    killed.push_back(server);
    SC_RETURN_IF_ERROR(processes_.Kill(pid), "kill ", server);
  }
  left = AwaitEnd(left, kKillPatience);
  if (!left.empty()) {
    return absl::UnavailableError(
        absl::StrCat(ServerProgramName(left.begin()->first), " (process ",
                     left.begin()->second, ") cannot be ended"));
  }
  for (const auto& [server, pid] : pids) {
    folder_.RemoveEndpoints(server);
    launches_.erase(server);
  }
  return killed;
}

std::map<std::string, int64_t> ServerRunner::AwaitEnd(
    std::map<std::string, int64_t> pids, absl::Duration patience) {
  const absl::Duration give_up = clock_.Elapsed() + patience;
  while (true) {
    for (auto pid = pids.begin(); pid != pids.end();) {
      // A child has to be waited for, or it stays as a zombie.
      const bool ended = processes_.HowEnded(pid->second).has_value() ||
                         !IsRunning(pid->first, pid->second);
      pid = ended ? pids.erase(pid) : std::next(pid);
    }
    if (pids.empty() || clock_.Elapsed() >= give_up) return pids;
    // Also when interrupted: a half stopped cluster helps nobody.
    interrupt_.Pause(kPoll);
  }
}

std::map<std::string, int64_t> ServerRunner::started() const {
  std::map<std::string, int64_t> pids;
  for (const auto& [server, launch] : launches_) pids[server] = launch.pid;
  return pids;
}

std::vector<std::string> ServerRunner::ArgumentsOf(int64_t pid) {
  return processes_.ArgumentsOf(pid);
}

}  // namespace stagecoach
