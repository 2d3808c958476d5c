#include "orchestrator/cli/cluster/cluster_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/cluster/files.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr char kFolderName[] = ".stagecoach";

absl::StatusOr<Json> ReadJson(const std::string& path) {
  SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a JSON object; delete it"));
  }
  return json;
}

// A field of the wrong type counts as missing: the caller checks what it needs.
std::string StringField(const Json& json, const char* name) {
  const auto field = json.find(name);
  if (field == json.end() || !field->is_string()) return "";
  return field->get<std::string>();
}

int IntegerField(const Json& json, const char* name) {
  const auto field = json.find(name);
  if (field == json.end() || !field->is_number_integer()) return 0;
  return field->get<int>();
}

}  // namespace

ClusterFolder::ClusterFolder(std::string path) : path_(std::move(path)) {}

std::string ClusterFolder::EndpointsPath(absl::string_view server) const {
  return absl::StrCat(path_, "/run/", server, ".json");
}

std::string ClusterFolder::LogPath(absl::string_view server) const {
  return absl::StrCat(path_, "/logs/", server, ".log");
}

std::string ClusterFolder::StorePath() const {
  return absl::StrCat(path_, "/state.db");
}

std::string ClusterFolder::LockPath() const {
  return absl::StrCat(path_, "/lock");
}

std::string ClusterFolder::DefaultVolumePath() const {
  return absl::StrCat(path_, "/volume");
}

absl::Status ClusterFolder::Create() const {
  SC_RETURN_IF_ERROR(CreateFolders(absl::StrCat(path_, "/run")));
  return CreateFolders(absl::StrCat(path_, "/logs"));
}

std::vector<std::string> ClusterFolder::ServersWithEndpoints() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(absl::StrCat(path_, "/run"), error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".json") {
      names.push_back(entry->path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  std::stable_partition(
      names.begin(), names.end(),
      [](const std::string& name) { return name == kOrchestratorName; });
  return names;
}

absl::StatusOr<Endpoints> ClusterFolder::ReadEndpoints(
    absl::string_view server) const {
  return ReadEndpointsFile(EndpointsPath(server));
}

void ClusterFolder::RemoveEndpoints(absl::string_view server) const {
  std::error_code ignored;  // not there is as good
  fs::remove(EndpointsPath(server), ignored);
}

absl::StatusOr<ClusterSettings> ClusterFolder::ReadSettings() const {
  ClusterSettings settings;
  const absl::StatusOr<Json> json =
      ReadJson(absl::StrCat(path_, "/cluster.json"));
  if (absl::IsNotFound(json.status())) return settings;
  SC_RETURN_IF_ERROR(json.status());
  settings.volume_path = StringField(*json, "volume_path");
  const auto ports = json->find("ports");
  if (ports == json->end() || !ports->is_object()) return settings;
  for (const auto& [name, entry] : ports->items()) {
    if (!entry.is_object()) continue;
    settings.ports[name] = {IntegerField(entry, "grpc"),
                            IntegerField(entry, "metrics"),
                            IntegerField(entry, "http")};
  }
  return settings;
}

absl::Status ClusterFolder::WriteSettings(
    const ClusterSettings& settings) const {
  Json ports = Json::object();
  for (const auto& [name, port] : settings.ports) {
    ports[name] = {
        {"grpc", port.grpc}, {"metrics", port.metrics}, {"http", port.http}};
  }
  const Json json = {{"volume_path", settings.volume_path}, {"ports", ports}};
  return WriteFile(absl::StrCat(path_, "/cluster.json"), json.dump(2) + "\n");
}

std::optional<ClusterFolder> FindClusterFolder(absl::string_view start) {
  fs::path at = std::string(start);
  while (true) {
    std::error_code ignored;  // cannot be looked at is as good as not there
    const fs::path candidate = at / kFolderName;
    if (fs::is_directory(candidate, ignored)) {
      return ClusterFolder(candidate.string());
    }
    if (!at.has_parent_path() || at == at.root_path()) return std::nullopt;
    at = at.parent_path();
  }
}

int PortOf(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port)) {
    return 0;
  }
  return port > 0 && port < 65536 ? port : 0;
}

}  // namespace stagecoach
