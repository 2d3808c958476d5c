#include "orchestrator/cli/cluster/fake_machine.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/cluster/cluster_folder.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/endpoints_file.h"

namespace stagecoach {

std::string ServerOf(const ProcessSpec& spec) {
  const absl::string_view file =
      absl::string_view(spec.program).substr(spec.program.rfind('/') + 1);
  return std::string(absl::StripPrefix(file, "stagecoach-"));
}

std::string FlagOf(const ProcessSpec& spec, const std::string& flag) {
  for (absl::string_view argument : spec.arguments) {
    if (absl::ConsumePrefix(&argument, absl::StrCat("--", flag, "="))) {
      return std::string(argument);
    }
  }
  return "";
}

std::string FakeMachine::Bind(const std::string& listen) {
  int port = PortOf(listen);
  if (port == 0) port = next_port_++;
  return absl::StrCat("127.0.0.1:", port);
}

absl::StatusOr<int64_t> FakeMachine::Start(const ProcessSpec& spec) {
  const int64_t pid = next_pid_++;
  const std::string server = ServerOf(spec);
  processes[pid] = {spec};
  if (crashing.count(server) > 0) {
    std::ofstream(spec.log_path, std::ios::app)
        << "no room for " << server << "\n";
    processes[pid].running = false;
    processes[pid].end = "exit code 1";
    return pid;
  }
  Endpoints endpoints;
  endpoints.pid = pid;
  endpoints.grpc = Bind(FlagOf(spec, "listen"));
  endpoints.metrics = Bind(FlagOf(spec, "metrics-listen"));
  if (server == kOrchestratorName) {
    endpoints.http = Bind(FlagOf(spec, "http-listen"));
  }
  servers_[endpoints.grpc] = server;
  SC_RETURN_IF_ERROR(
      WriteEndpointsFile(FlagOf(spec, "endpoints-file"), endpoints));
  return pid;
}

std::optional<std::string> FakeMachine::HowEnded(int64_t pid) {
  const auto process = processes.find(pid);
  if (process == processes.end() || process->second.running) {
    return std::nullopt;
  }
  return process->second.end;
}

bool FakeMachine::IsRunning(const ProcessIdentity& identity) {
  const auto process = processes.find(identity.pid);
  if (process == processes.end() || !process->second.running) return false;
  const ProcessSpec& spec = process->second.spec;
  return absl::EndsWith(spec.program, "/" + identity.program_name) &&
         std::find(spec.arguments.begin(), spec.arguments.end(),
                   identity.argument) != spec.arguments.end();
}

std::vector<std::string> FakeMachine::ArgumentsOf(int64_t pid) {
  return processes[pid].spec.arguments;
}

absl::Status FakeMachine::Terminate(int64_t pid) {
  const std::string server = ServerOf(processes[pid].spec);
  signals.push_back("TERM " + server);
  if (stubborn.count(server) > 0) return absl::OkStatus();
  processes[pid].running = false;
  processes[pid].end = "exit code 0";
  return absl::OkStatus();
}

absl::Status FakeMachine::Kill(int64_t pid) {
  signals.push_back("KILL " + ServerOf(processes[pid].spec));
  Crash(pid);
  return absl::OkStatus();
}

bool FakeMachine::PortIsFree(int port) { return taken_ports.count(port) == 0; }

absl::Status FakeMachine::Check(const std::string& address,
                                absl::Duration /*timeout*/) {
  const auto server = servers_.find(address);
  if (server == servers_.end() || unhealthy.count(server->second) > 0) {
    return absl::UnavailableError("NOT_SERVING");
  }
  return absl::OkStatus();
}

void FakeMachine::Crash(int64_t pid) {
  processes[pid].running = false;
  processes[pid].end = "killed by signal 9";
}

std::vector<std::string> FakeMachine::Running() const {
  std::vector<std::string> names;
  for (const auto& [pid, process] : processes) {
    if (process.running) names.push_back(ServerOf(process.spec));
  }
  return names;
}

int64_t FakeMachine::PidOf(const std::string& server) const {
  for (const auto& [pid, process] : processes) {
    if (process.running && ServerOf(process.spec) == server) return pid;
  }
  return 0;
}

}  // namespace stagecoach
