// The folder that holds a local cluster: `.stagecoach` by default.
//
//   run/<name>.json   endpoints of a server that runs, written by the server
//   logs/<name>.log   what it writes
//   volume/           the volume, unless it is elsewhere
//   state.db          the orchestrator's store
//   cluster.json      what `up` remembers: volume path and ports
//   lock              held while `up` or `down` is at work

#ifndef ORCHESTRATOR_CLI_CLUSTER_CLUSTER_FOLDER_H_
#define ORCHESTRATOR_CLI_CLUSTER_CLUSTER_FOLDER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/rpc/endpoints_file.h"

namespace stagecoach {

// Name of the orchestrator among the servers of a cluster.
inline constexpr char kOrchestratorName[] = "orchestrator";

// The ports that a server had, to be taken again; 0: none yet.
struct ServerPorts {
  int grpc = 0;
  int metrics = 0;
  int http = 0;  // of the orchestrator
};

// What is remembered between two `up`s.
struct ClusterSettings {
  std::string volume_path;                   // absolute; empty: not chosen yet
  std::map<std::string, ServerPorts> ports;  // by server name
};

// Paths in the folder and the small files there. Copies are cheap.
//
// Threads: any; processes keep each other out with the lock.
class ClusterFolder {
 public:
  // `path` should be absolute; it need not exist.
  explicit ClusterFolder(std::string path);

  const std::string& path() const { return path_; }
  std::string EndpointsPath(absl::string_view server) const;
  std::string LogPath(absl::string_view server) const;
  std::string StorePath() const;
  std::string LockPath() const;
  std::string DefaultVolumePath() const;

  // Creates the folder and those in it. Idempotent.
  absl::Status Create() const;

  // Names of the servers that have an endpoints file, the orchestrator first.
  std::vector<std::string> ServersWithEndpoints() const;

  // As ReadEndpointsFile.
  absl::StatusOr<Endpoints> ReadEndpoints(absl::string_view server) const;
  void RemoveEndpoints(absl::string_view server) const;

  // Empty settings if there are none. FAILED_PRECONDITION: they make no sense.
  absl::StatusOr<ClusterSettings> ReadSettings() const;
  absl::Status WriteSettings(const ClusterSettings& settings) const;

 private:
  std::string path_;
};

// The folder of a cluster to talk to: `.stagecoach` in `start` (absolute) or
// its nearest parent that has one. Nothing if none has.
std::optional<ClusterFolder> FindClusterFolder(absl::string_view start);

// The port in `host:port`; 0 if there is none.
int PortOf(absl::string_view address);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_CLUSTER_FOLDER_H_
