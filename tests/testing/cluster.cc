#include "tests/testing/cluster.h"

#include <grpcpp/channel.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {
namespace {

constexpr const char* kStages[] = {"load", "prepare", "train", "forecast"};

// The program of which `name` is a process.
std::string ProgramOf(const std::string& name) {
  return name.substr(0, name.find('-'));
}

void SetPatience(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
}

}  // namespace

double Slowness() {
  const char* text = std::getenv("STAGECOACH_TEST_SLOWNESS");
  double times = 1;
  return text != nullptr && absl::SimpleAtod(text, &times) && times > 0 ? times
                                                                        : 1;
}

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

v1::RunRequest AirlineRequest(int epochs) {
  v1::RunRequest request;
  request.set_pipeline("airline");
  (*request.mutable_parameters())["epochs"].set_integer_value(epochs);
  return request;
}

std::string ProgramPath(const std::string& name) {
  return STAGECOACH_BINARY_DIR "/" + name;
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

TestCluster::TestCluster() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "stagecoach-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  const char* volumes = std::getenv("STAGECOACH_TEST_VOLUMES");
  volume_ =
      volumes == nullptr
          ? folder_ + "/volume"
          : absl::StrCat(volumes, "/",
                         std::filesystem::path(folder_).filename().string());
  std::filesystem::create_directories(volume());
  std::filesystem::create_directories(folder_ + "/run");
  PutFile("data/airline-passengers.csv",
          ReadWholeFile(STAGECOACH_SOURCE_DIR
                        "/deploy/data/airline-passengers.csv"));
}

TestCluster::~TestCluster() {
  processes_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  std::filesystem::remove_all(volume_, ignored);
}

std::string TestCluster::log(const std::string& name) const {
  return absl::StrCat(folder_, "/", name, ".log");
}

std::string TestCluster::PutFile(const std::string& path,
                                 const std::string& content) const {
  const std::filesystem::path file = volume() + "/" + path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return absl::StrCat("pvc://artifacts/", path);
}

std::vector<std::string> TestCluster::Flags(const std::string& name) const {
  const auto known = endpoints_.find(name);
  const std::string listen =
      known == endpoints_.end() ? "127.0.0.1:0" : known->second.grpc;
  std::vector<std::string> flags = {
      "--listen=" + listen,
      "--metrics-listen=127.0.0.1:0",
      absl::StrCat("--volume=artifacts=", volume()),
      absl::StrCat("--endpoints-file=", folder_, "/run/", name, ".json"),
  };
  if (ProgramOf(name) != "orchestrator") return flags;
  flags.push_back(absl::StrCat("--store=sqlite:", folder_, "/state.db"));
  flags.emplace_back("--pipelines=" STAGECOACH_SOURCE_DIR "/deploy/pipelines");
  std::map<std::string, std::string> replicas;
  for (const auto& [replica, endpoints] : endpoints_) {
    const std::string stage = ProgramOf(replica);
    if (stage == "orchestrator") continue;
    std::string& addresses = replicas[stage];
    absl::StrAppend(&addresses, addresses.empty() ? "" : ",", endpoints.grpc);
  }
  for (const auto& [stage, addresses] : replicas) {
    flags.push_back(absl::StrCat("--stage=", stage, "=", addresses));
  }
  return flags;
}

absl::Status TestCluster::Start(const std::string& name,
                                const std::vector<std::string>& more_flags,
                                const std::vector<std::string>& environment) {
  std::vector<std::string> flags = Flags(name);
  flags.insert(flags.end(), more_flags.begin(), more_flags.end());
  std::filesystem::remove(absl::StrCat(folder_, "/run/", name, ".json"));
  SC_ASSIGN_OR_RETURN(
      Process process,
      Process::Start(ProgramPath("stagecoach-" + ProgramOf(name)), flags,
                     log(name), environment));
  processes_.insert_or_assign(name, std::move(process));
  SC_RETURN_IF_ERROR(AwaitEndpoints(name));
  if (name == "orchestrator") {
    orchestrator_ = v1::Orchestrator::NewStub(
        MakeChannel(endpoints_.at(name).grpc, {.own_connection = true}));
  }
  return absl::OkStatus();
}

absl::Status TestCluster::StartAll() {
  for (const char* stage : kStages) SC_RETURN_IF_ERROR(Start(stage));
  return Start("orchestrator");
}

absl::Status TestCluster::AwaitEndpoints(const std::string& name) {
  const int changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(changes, (folder_ + "/run").c_str(), IN_MOVED_TO);
  const absl::Time give_up = absl::Now() + kPatience;
  absl::StatusOr<Endpoints> endpoints = absl::NotFoundError("");
  while (absl::Now() < give_up && process(name).running()) {
    endpoints =
        ReadEndpointsFile(absl::StrCat(folder_, "/run/", name, ".json"));
    if (endpoints.ok()) break;
    pollfd waiting = {changes, POLLIN, 0};
    poll(&waiting, 1, /*timeout=*/200);
    char events[4096];
    while (read(changes, events, sizeof(events)) > 0) {
    }
  }
  close(changes);
  if (!endpoints.ok()) {
    return absl::UnavailableError(absl::StrCat(
        name, " does not serve; its log:\n", ReadWholeFile(log(name))));
  }
  endpoints_[name] = *endpoints;
  return absl::OkStatus();
}

absl::Status TestCluster::AwaitServing(const std::string& name) {
  const std::string& address = endpoints(name).grpc;
  const absl::Time give_up = absl::Now() + kPatience;
  std::string last;
  while (absl::Now() < give_up) {
    grpc::ClientContext context;
    SetPatience(context);
    v1::ListStagesResponse response;
    SC_RETURN_IF_ERROR(FromGrpcStatus(
        orchestrator_->ListStages(&context, {}, &response), context));
    for (const v1::StageStatus& stage : response.stages()) {
      for (const v1::ReplicaStatus& replica : stage.replicas()) {
        if (replica.address() == address && replica.serving()) {
          return absl::OkStatus();
        }
      }
    }
    last = response.ShortDebugString();
  }
  return absl::UnavailableError(
      absl::StrCat(name, " is not given work: ", last));
}

absl::Status TestCluster::Apply(const std::string& yaml) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::ApplyPipelineRequest call;
  call.set_yaml(yaml);
  v1::ApplyPipelineResponse response;
  return FromGrpcStatus(orchestrator_->ApplyPipeline(&context, call, &response),
                        context);
}

absl::StatusOr<v1::Run> TestCluster::Execute(
    const v1::RunRequest& request,
    const std::function<void(const v1::RunEvent&)>& on_event) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::ExecuteRunRequest call;
  *call.mutable_run() = request;
  const auto reader = orchestrator_->ExecuteRun(&context, call);
  v1::ExecuteRunResponse response;
  absl::StatusOr<v1::Run> ended = absl::InternalError("no end was reported");
  while (reader->Read(&response)) {
    if (response.has_event() && on_event != nullptr) on_event(response.event());
    if (response.has_ended()) ended = response.ended();
  }
  SC_RETURN_IF_ERROR(FromGrpcStatus(reader->Finish(), context));
  return ended;
}

absl::StatusOr<v1::Run> TestCluster::Create(const v1::RunRequest& request) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::CreateRunRequest call;
  *call.mutable_run() = request;
  v1::CreateRunResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      orchestrator_->CreateRun(&context, call, &response), context));
  return response.run();
}

absl::StatusOr<v1::Run> TestCluster::Get(const std::string& run_id) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::GetRunRequest call;
  call.set_run_id(run_id);
  v1::GetRunResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      orchestrator_->GetRun(&context, call, &response), context));
  return response.run();
}

absl::Status TestCluster::Cancel(const std::string& run_id) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::CancelRunRequest call;
  call.set_run_id(run_id);
  v1::CancelRunResponse response;
  return FromGrpcStatus(orchestrator_->CancelRun(&context, call, &response),
                        context);
}

absl::Status TestCluster::Delete(const std::string& run_id) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::DeleteRunRequest call;
  call.set_run_id(run_id);
  v1::DeleteRunResponse response;
  return FromGrpcStatus(orchestrator_->DeleteRun(&context, call, &response),
                        context);
}

absl::Status TestCluster::Watch(
    const std::string& run_id,
    const std::function<bool(const v1::RunEvent&)>& enough) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::WatchRunRequest call;
  call.set_run_id(run_id);
  const auto reader = orchestrator_->WatchRun(&context, call);
  v1::WatchRunResponse response;
  bool stopped = false;
  while (!stopped && reader->Read(&response)) {
    stopped = enough(response.event());
  }
  if (stopped) context.TryCancel();
  const grpc::Status status = reader->Finish();
  return stopped ? absl::OkStatus() : FromGrpcStatus(status, context);
}

}  // namespace stagecoach
