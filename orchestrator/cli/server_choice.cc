#include "orchestrator/cli/server_choice.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kWhatToDo =
    "start one with 'stagecoach up', or name an orchestrator with --server "
    "HOST:PORT or STAGECOACH_SERVER";

// An orchestrator as it was named: by its address, or by its cluster's folder.
struct Target {
  std::string server;
  std::optional<ClusterFolder> folder;
  std::string reason;
};

ClusterFolder FolderAt(absl::string_view path, const fs::path& base,
                       const Environment& environment) {
  const fs::path absolute =
      absl::ConsumePrefix(&path, "~/")
          ? fs::path(environment.home_folder) / std::string(path)
          : base / std::string(path);
  return ClusterFolder(absolute.lexically_normal().string());
}

// The first of the pairs of an address and a folder that is set.
std::optional<Target> Named(const std::string& server,
                            const char* server_reason,
                            const std::string& folder,
                            const char* folder_reason,
                            const Environment& environment) {
  if (!server.empty()) return Target{server, std::nullopt, server_reason};
  if (folder.empty()) return std::nullopt;
  return Target{"", FolderAt(folder, environment.working_folder, environment),
                folder_reason};
}

absl::StatusOr<Target> InContext(const Config& config, const std::string& name,
                                 const Environment& environment) {
  SC_ASSIGN_OR_RETURN(const ConfigContext context, FindContext(config, name));
  Target target{
      context.server, std::nullopt,
      absl::StrCat("context '", name, "' of ", environment.config_path)};
  if (context.server.empty()) {
    target.folder =
        FolderAt(context.cluster_folder,
                 fs::path(environment.config_path).parent_path(), environment);
  }
  return target;
}

// The orchestrator that is named, if one is.
absl::StatusOr<std::optional<Target>> FindTarget(
    const ServerFlags& flags, const Environment& environment) {
  if (std::optional<Target> target =
          Named(flags.server, "--server", flags.cluster_folder, "--dir",
                environment)) {
    return target;
  }
  std::string context = flags.context;
  if (context.empty()) {
    if (std::optional<Target> target =
            Named(environment.server, "STAGECOACH_SERVER",
                  environment.cluster_folder, "STAGECOACH_DIR", environment)) {
      return target;
    }
    context = environment.context;
  }
  SC_ASSIGN_OR_RETURN(
      const Config config,
      ReadConfig(environment.config_path, environment.config_required));
  if (context.empty()) context = config.current;
  if (!context.empty()) return InContext(config, context, environment);
  if (std::optional<ClusterFolder> folder =
          FindClusterFolder(environment.working_folder)) {
    const std::string reason = absl::StrCat("the cluster in ", folder->path());
    return Target{"", std::move(folder), reason};
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<ServerChoice> ChooseServer(const ServerFlags& flags,
                                          const Environment& environment) {
  SC_ASSIGN_OR_RETURN(std::optional<Target> target,
                      FindTarget(flags, environment));
  if (!target.has_value()) {
    return NotReachable(absl::StrCat("there is no cluster in ",
                                     environment.working_folder,
                                     " or above it; ", kWhatToDo));
  }
  ServerChoice choice{std::move(target->server), std::move(target->folder),
                      std::move(target->reason)};
  if (!choice.folder.has_value()) return choice;
  const absl::StatusOr<Endpoints> endpoints =
      choice.folder->ReadEndpoints(kOrchestratorName);
  if (!endpoints.ok()) {
    return NotReachable(absl::StrCat("the cluster in ", choice.folder->path(),
                                     " is not running; ", kWhatToDo));
  }
  choice.address = endpoints->grpc;
  return choice;
}

ClusterFolder ChooseClusterFolder(const ServerFlags& flags,
                                  const Environment& environment) {
  // A configuration that is wrong names no folder.
  if (absl::StatusOr<std::optional<Target>> target =
          FindTarget(flags, environment);
      target.ok() && target->has_value() && (*target)->folder.has_value()) {
    return *std::move((*target)->folder);
  }
  if (std::optional<ClusterFolder> folder =
          FindClusterFolder(environment.working_folder)) {
    return *std::move(folder);
  }
  return FolderAt(".stagecoach", environment.working_folder, environment);
}

std::string ReachAdvice(const ServerFlags& flags,
                        const Environment& environment) {
  const absl::StatusOr<ServerChoice> choice = ChooseServer(flags, environment);
  if (!choice.ok()) return std::string(kWhatToDo);
  if (choice->folder.has_value()) {
    return absl::StrCat("start the cluster in ", choice->folder->path(),
                        " again with 'stagecoach up'");
  }
  return absl::StrCat("its address comes from ", choice->reason,
                      "; is it running? 'stagecoach up' starts one here");
}

}  // namespace stagecoach
