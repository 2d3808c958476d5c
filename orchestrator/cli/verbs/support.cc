#include "orchestrator/cli/verbs/support.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/cluster/cluster_folder.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr int kRunsToLookAt = 200;

// Adds a hint where the server gave none.
absl::Status WithHint(const absl::Status& status, const std::string& name,
                      const std::vector<std::string>& known) {
  if (absl::StrContains(status.message(), "did you mean")) return status;
  return absl::Status(
      status.code(),
      absl::StrCat(status.message(), NearestNameHint(name, known)));
}

absl::StatusOr<std::vector<v1::Run>> NewestRuns(OrchestratorClient& client,
                                                int count) {
  v1::ListRunsRequest request;
  request.set_page_size(count);
  SC_ASSIGN_OR_RETURN(v1::ListRunsResponse response, client.ListRuns(request));
  return std::vector<v1::Run>(response.runs().begin(), response.runs().end());
}

}  // namespace

std::string ProgramCall(const Context& context) {
  const ServerFlags& flags = context.options.server;
  if (!flags.server.empty()) {
    return absl::StrCat("stagecoach --server ", flags.server);
  }
  if (!flags.cluster_folder.empty()) {
    return absl::StrCat("stagecoach --dir ", flags.cluster_folder);
  }
  if (!flags.context.empty()) {
    return absl::StrCat("stagecoach --context ", flags.context);
  }
  return "stagecoach";
}

absl::Status WithRunHint(OrchestratorClient& client, const std::string& run_id,
                         const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  const absl::StatusOr<std::vector<v1::Run>> runs =
      NewestRuns(client, kRunsToLookAt);
  if (!runs.ok()) return status;
  std::vector<std::string> ids;
  for (const v1::Run& run : *runs) ids.push_back(run.id());
  // A list of run ids helps nobody; only a near one does.
  if (!NearestName(run_id, ids).has_value()) return status;
  return WithHint(status, run_id, ids);
}

absl::StatusOr<v1::Run> FetchRun(OrchestratorClient& client,
                                 const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  if (run_id.empty()) {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::Run> runs, NewestRuns(client, 1));
    if (runs.empty()) return absl::NotFoundError("there is no run yet");
    request.set_run_id(runs.front().id());
  }
  absl::StatusOr<v1::GetRunResponse> response = client.GetRun(request);
  if (!response.ok()) return WithRunHint(client, run_id, response.status());
  return std::move(*response->mutable_run());
}

absl::StatusOr<v1::GetPipelineResponse> FetchPipeline(
    OrchestratorClient& client, const std::string& name, int64_t version) {
  v1::GetPipelineRequest request;
  request.set_name(name);
  request.set_version(version);
  absl::StatusOr<v1::GetPipelineResponse> response =
      client.GetPipeline(request);
  if (response.ok() || !absl::IsNotFound(response.status())) return response;
  const absl::StatusOr<v1::ListPipelinesResponse> all =
      client.ListPipelines(v1::ListPipelinesRequest());
  if (!all.ok()) return response;
  std::vector<std::string> names;
  for (const v1::Pipeline& pipeline : all->pipelines()) {
    // The name is right, so it is the version that is not there.
    if (pipeline.name() == name) return response;
    names.push_back(pipeline.name());
  }
  return WithHint(response.status(), name, names);
}

absl::StatusOr<std::string> ReadBeginning(OrchestratorClient& client,
                                          const std::string& uri,
                                          int64_t most_bytes) {
  v1::ReadArtifactRequest request;
  request.set_uri(uri);
  std::string bytes;
  const size_t most = static_cast<size_t>(most_bytes);
  const absl::Status status = client.ReadArtifact(
      request, [&](const v1::ReadArtifactResponse& response) {
        bytes.append(response.data(), 0, most - bytes.size());
        return bytes.size() < most ? absl::OkStatus()
                                   : absl::CancelledError("enough");
      });
  if (!status.ok() && bytes.size() < most) return status;
  return bytes;
}

std::string LocalPathOf(const Context& context, const std::string& uri) {
  const absl::StatusOr<ServerChoice> choice =
      ChooseServer(context.options.server, context.environment);
  if (!choice.ok() || !choice->folder.has_value()) return "";
  const absl::StatusOr<ClusterSettings> settings =
      choice->folder->ReadSettings();
  absl::string_view path = uri;
  if (!settings.ok() || !absl::ConsumePrefix(&path, "pvc://artifacts/")) {
    return "";
  }
  std::string local = absl::StrCat(settings->volume_path, "/", path);
  std::error_code ignored;  // cannot be looked at is as good as not there
  return std::filesystem::exists(local, ignored) ? local : "";
}

}  // namespace stagecoach
