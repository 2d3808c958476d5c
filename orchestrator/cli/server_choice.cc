#include "orchestrator/cli/server_choice.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/client/orchestrator_client.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kWhatToDo =
    "start one with 'stagecoach up', or name an orchestrator with --server "
    "HOST:PORT or STAGECOACH_SERVER";

ClusterFolder FolderAt(const std::string& path,
                       const Environment& environment) {
  const fs::path absolute = fs::path(environment.working_folder) / path;
  return ClusterFolder(absolute.lexically_normal().string());
}

std::optional<ClusterFolder> FindFolder(const ServerFlags& flags,
                                        const Environment& environment) {
  if (!flags.cluster_folder.empty()) {
    return FolderAt(flags.cluster_folder, environment);
  }
  if (!environment.cluster_folder.empty()) {
    return FolderAt(environment.cluster_folder, environment);
  }
  return FindClusterFolder(environment.working_folder);
}

}  // namespace

absl::StatusOr<ServerChoice> ChooseServer(const ServerFlags& flags,
                                          const Environment& environment) {
  if (!flags.server.empty()) return ServerChoice{flags.server, std::nullopt};
  if (flags.cluster_folder.empty() && !environment.server.empty()) {
    return ServerChoice{environment.server, std::nullopt};
  }
  std::optional<ClusterFolder> folder = FindFolder(flags, environment);
  if (!folder.has_value()) {
    return NotReachable(absl::StrCat("there is no cluster in ",
                                     environment.working_folder,
                                     " or above it; ", kWhatToDo));
  }
  const absl::StatusOr<Endpoints> endpoints =
      folder->ReadEndpoints(kOrchestratorName);
  if (!endpoints.ok()) {
    return NotReachable(absl::StrCat("the cluster in ", folder->path(),
                                     " is not running; ", kWhatToDo));
  }
  return ServerChoice{endpoints->grpc, std::move(folder)};
}

ClusterFolder ChooseClusterFolder(const ServerFlags& flags,
                                  const Environment& environment) {
  if (std::optional<ClusterFolder> folder = FindFolder(flags, environment)) {
    return *std::move(folder);
  }
  return FolderAt(".stagecoach", environment);
}

}  // namespace stagecoach
