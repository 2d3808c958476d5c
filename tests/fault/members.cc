#include "tests/fault/members.h"

#include <grpcpp/channel.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/endpoints_file.h"
#include "services/common/rpc/status.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

constexpr char kPipeline[] = R"(
apiVersion: stagecoach/v1
kind: Pipeline
metadata:
  name: naps
spec:
  parameters:
    - {name: sleep, type: number, default: 0}
  steps:
    - name: first
      stage: noop
      parameters: {sleep: "${parameters.sleep}"}
    - name: second
      stage: noop
      parameters: {sleep: "${parameters.sleep}"}
)";

void SetPatience(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Members>> Members::Start(int slots) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "stagecoach-XXXXXX").string();
  std::unique_ptr<Members> members(new Members(mkdtemp(pattern.data())));
  std::filesystem::create_directories(members->folder_ + "/volume");
  std::filesystem::create_directories(members->folder_ + "/run");
  std::filesystem::create_directories(members->folder_ + "/pipelines");
  std::ofstream(members->folder_ + "/pipelines/naps.yaml") << kPipeline;
  std::ofstream(members->folder_ + "/pipelines/single-naps.yaml")
      << absl::StrReplaceAll(kPipeline,
                             {{"naps", "single-naps"},
                              {"spec:", "spec:\n  maxConcurrentRuns: 1"}});
  std::ofstream(members->folder_ + "/pipelines/shared-naps.yaml")
      << absl::StrReplaceAll(
             kPipeline, {{"naps", "shared-naps"},
                         {"stage: noop", "stage: noop\n      cache: true"}});
  SC_ASSIGN_OR_RETURN(members->database_,
                      PostgresServer::Shared().NewDatabase());
  SC_ASSIGN_OR_RETURN(
      members->stage_address_,
      members->Launch("stagecoach-noop", "noop",
                      {absl::StrCat("--slots=", slots)}, members->stages_));
  return members;
}

Members::~Members() {
  members_.clear();
  stages_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::StatusOr<std::string> Members::Launch(const std::string& program,
                                            const std::string& name,
                                            std::vector<std::string> flags,
                                            std::vector<Process>& into) {
  const std::string endpoints_file =
      absl::StrCat(folder_, "/run/", name, ".json");
  flags.insert(flags.end(),
               {"--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0",
                "--log-format=json",
                absl::StrCat("--volume=artifacts=", folder_, "/volume"),
                absl::StrCat("--endpoints-file=", endpoints_file)});
  const int changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(changes, (folder_ + "/run").c_str(), IN_MOVED_TO);
  const std::string log = absl::StrCat(folder_, "/", name, ".log");
  SC_ASSIGN_OR_RETURN(
      Process process,
      Process::Start(absl::StrCat(STAGECOACH_BINARY_DIR "/", program), flags,
                     log));
  const absl::Time give_up = absl::Now() + kPatience;
  absl::StatusOr<Endpoints> endpoints = ReadEndpointsFile(endpoints_file);
  while (!endpoints.ok() && absl::Now() < give_up && process.running()) {
    pollfd waiting = {changes, POLLIN, 0};
    poll(&waiting, 1, /*timeout=*/200);
    endpoints = ReadEndpointsFile(endpoints_file);
  }
  close(changes);
  if (!endpoints.ok()) {
    return absl::UnavailableError(
        absl::StrCat(name, " does not serve; its log:\n", ReadWholeFile(log)));
  }
  into.push_back(std::move(process));
  return endpoints->grpc;
}

absl::StatusOr<int> Members::Add() {
  const int member = static_cast<int>(members_.size());
  std::vector<Process> process;
  SC_ASSIGN_OR_RETURN(
      const std::string address,
      Launch("stagecoach-orchestrator", absl::StrCat("orchestrator-", member),
             {absl::StrCat("--store=", database_),
              absl::StrCat("--pipelines=", folder_, "/pipelines"),
              absl::StrCat("--stage=noop=", stage_address_),
              absl::StrCat("--lease=", absl::ToDoubleSeconds(kMemberLease))},
             process));
  members_.push_back(
      {std::move(process[0]), v1::Orchestrator::NewStub(MakeChannel(
                                  address, {.own_connection = true}))});
  return member;
}

absl::StatusOr<v1::Run> Members::Create(int member, absl::Duration sleep,
                                        const std::string& key,
                                        const std::string& pipeline) {
  const absl::Time give_up = absl::Now() + kPatience;
  absl::StatusOr<v1::Run> run = TryCreate(member, sleep, key, pipeline);
  while (absl::IsUnavailable(run.status()) && absl::Now() < give_up) {
    run = TryCreate(member, sleep, key, pipeline);
  }
  return run;
}

absl::StatusOr<v1::Run> Members::TryCreate(int member, absl::Duration sleep,
                                           const std::string& key,
                                           const std::string& pipeline) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::CreateRunRequest call;
  call.mutable_run()->set_pipeline(pipeline);
  call.mutable_run()->set_idempotency_key(key);
  (*call.mutable_run()->mutable_parameters())["sleep"].set_number_value(
      absl::ToDoubleSeconds(sleep));
  v1::CreateRunResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      stub(member).CreateRun(&context, call, &response), context));
  return response.run();
}

absl::StatusOr<v1::Run> Members::Get(int member, const std::string& run_id) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::GetRunRequest call;
  call.set_run_id(run_id);
  v1::GetRunResponse response;
  SC_RETURN_IF_ERROR(
      FromGrpcStatus(stub(member).GetRun(&context, call, &response), context));
  return response.run();
}

absl::Status Members::Cancel(int member, const std::string& run_id) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::CancelRunRequest call;
  call.set_run_id(run_id);
  v1::CancelRunResponse response;
  return FromGrpcStatus(stub(member).CancelRun(&context, call, &response),
                        context);
}

absl::StatusOr<std::vector<v1::Run>> Members::List(int member) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::ListRunsRequest call;
  call.set_page_size(1000);
  v1::ListRunsResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      stub(member).ListRuns(&context, call, &response), context));
  return std::vector<v1::Run>(response.runs().begin(), response.runs().end());
}

absl::Status Members::Watch(
    int member, const std::string& run_id,
    const std::function<bool(const v1::RunEvent&)>& enough) {
  grpc::ClientContext context;
  SetPatience(context);
  v1::WatchRunRequest call;
  call.set_run_id(run_id);
  const auto reader = stub(member).WatchRun(&context, call);
  v1::WatchRunResponse response;
  bool stopped = false;
  while (!stopped && reader->Read(&response)) {
    stopped = enough(response.event());
  }
  if (stopped) context.TryCancel();
  const grpc::Status status = reader->Finish();
  return stopped ? absl::OkStatus() : FromGrpcStatus(status, context);
}

absl::Status Members::Await(int member, const std::string& run_id) {
  const auto never = [](const v1::RunEvent&) { return false; };
  absl::Status followed = Watch(member, run_id, never);
  // It may change hands while it is followed: the stream says so by ending.
  const absl::Time give_up = absl::Now() + kPatience;
  while (absl::IsUnavailable(followed) && absl::Now() < give_up) {
    followed = Watch(member, run_id, never);
  }
  return followed;
}

std::map<std::string, int> Members::Executions() const {
  std::map<std::string, int> executions;
  std::ifstream log(folder_ + "/noop.log");
  for (std::string line; std::getline(log, line);) {
    const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
    if (record.is_discarded()) continue;
    if (record.value("message", "") != "execution started") continue;
    ++executions[absl::StrCat(record.value("run", ""), "/",
                              record.value("step", ""), "/",
                              record.value("attempt", 0))];
  }
  return executions;
}

}  // namespace stagecoach
