// A whole cluster on this machine: the stages and the orchestrator as
// processes, a folder as the volume.

#ifndef ORCHESTRATOR_CLI_CLUSTER_LOCAL_CLUSTER_H_
#define ORCHESTRATOR_CLI_CLUSTER_LOCAL_CLUSTER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/cli/cluster/cluster_folder.h"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/cluster/health.h"
#include "orchestrator/cli/cluster/processes.h"
#include "orchestrator/cli/cluster/server_runner.h"
#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/clock.h"

namespace stagecoach {

struct UpOptions {
  // Folder of the programs, `stagecoach-<name>`.
  std::string program_folder;
  // Stages to run, by name.
  std::vector<std::string> stages;
  // Pipelines that the orchestrator reads; empty: none.
  std::string pipelines_folder;
  // Files to copy into the volume's `data/`, where missing; empty: none.
  std::string data_folder;
  // Absolute; empty: as before, or `volume` in the cluster's folder.
  std::string volume_path;
  // How long all of it may take, > 0.
  absl::Duration timeout = absl::Seconds(30);
};

struct DownOptions {
  // How long a server may take to stop before it is killed.
  absl::Duration drain_timeout = absl::Seconds(30);
};

// A server of the cluster, as `Up` or `Down` left it.
struct ServerReport {
  std::string name;
  Endpoints endpoints = {};
  // Up: whether it was started now, and not found running.
  bool started = false;
  // Down: whether it had to be killed.
  bool killed = false;
};

struct UpReport {
  std::vector<ServerReport> servers;  // stages, then the orchestrator
  std::string volume_path;
};

// Starts, finds and stops the servers of one cluster folder. Several processes
// may call at once: a lock lets one at a time work.
//
// Threads: one at a time. Everything given must outlive it.
class LocalCluster {
 public:
  // `tell` is given a line for people now and then.
  LocalCluster(ClusterFolder folder, Processes& processes, HealthCheck& health,
               Interrupt& interrupt, const Clock& clock,
               std::function<void(absl::string_view)> tell);

  // Starts what does not run and waits until everything serves. If that fails,
  // what was started now is stopped again.
  //
  // NOT_FOUND: a program or folder is missing. UNAVAILABLE: a server ended or
  // does not serve in time; the message has the end of its log. CANCELLED: the
  // interrupt. FAILED_PRECONDITION: a file in the folder makes no sense, or
  // the cluster runs on another volume.
  absl::StatusOr<UpReport> Up(const UpOptions& options);

  // Stops what runs, the orchestrator first; keeps volume and store. With
  // nothing running it reports no servers. PERMISSION_DENIED, UNAVAILABLE: a
  // server cannot be stopped.
  absl::StatusOr<std::vector<ServerReport>> Down(const DownOptions& options);

 private:
  absl::StatusOr<FileLock> Lock(absl::Duration timeout);
  absl::StatusOr<UpReport> UpLocked(const UpOptions& options);
  absl::Status ChooseVolume(const UpOptions& options);
  absl::Status CopyData(const UpOptions& options);
  absl::Status StartStages(const UpOptions& options, UpReport& report);
  absl::Status StartOrchestrator(const UpOptions& options, UpReport& report);
  // Stops the orchestrator if it was started for stages at other addresses.
  absl::Status StopOutdatedOrchestrator(
      const std::vector<std::string>& stage_arguments);
  absl::Status StartIfMissing(const UpOptions& options,
                              const std::vector<std::string>& arguments,
                              ServerReport& server);

  const ClusterFolder folder_;
  Interrupt& interrupt_;
  const Clock& clock_;
  const std::function<void(absl::string_view)> tell_;
  ServerRunner runner_;

  ClusterSettings settings_;
  absl::Duration deadline_;  // of Up, by the clock's Elapsed
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_LOCAL_CLUSTER_H_
