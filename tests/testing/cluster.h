// The whole system as real processes on loopback: four stages and an
// orchestrator, each on ports that the kernel chose, with a volume and a store
// in a temporary folder.

#ifndef TESTS_TESTING_CLUSTER_H_
#define TESTS_TESTING_CLUSTER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/endpoints_file.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"
#include "tests/testing/process.h"

namespace stagecoach {

// How often slower this machine is than those for which the tests' limits are
// chosen: STAGECOACH_TEST_SLOWNESS, 1 unless it is set.
double Slowness();

// The number that a variable holds, or another one if it holds none.
int FromEnvironment(const char* name, int otherwise);

// The longest that a test waits for anything.
inline const absl::Duration kPatience = absl::Seconds(60) * Slowness();

// Threads: not thread-safe, but `Execute` may be called from several at once.
class TestCluster {
 public:
  // An empty folder with the reference data on its volume; nothing runs yet.
  // The volume is in the folder that STAGECOACH_TEST_VOLUMES names, if it is
  // set, e.g. the mount of a file server.
  TestCluster();
  // Kills what still runs and removes the folder.
  ~TestCluster();

  // Starts all five and waits until they serve.
  absl::Status StartAll();

  // Starts one and waits until it serves: `load`, `prepare`, `train`,
  // `forecast`, `noop` or `orchestrator`; `train-2` is another replica of
  // `train`. One that ran before gets its ports again. The orchestrator is told
  // of the stages that were started before it. `environment` is that of
  // Process::Start.
  absl::Status Start(const std::string& name,
                     const std::vector<std::string>& more_flags = {},
                     const std::vector<std::string>& environment = {});

  // Waits until the orchestrator may give work to a replica that was started
  // again; it looks for it a second apart.
  absl::Status AwaitServing(const std::string& name);
  // Closes the test's connection, for which an orchestrator that is told to
  // stop would wait. Until the next Start there is no orchestrator to call.
  void Disconnect() { orchestrator_.reset(); }

  // Adds a pipeline.
  absl::Status Apply(const std::string& yaml);

  Process& process(const std::string& name) { return processes_.at(name); }
  const Endpoints& endpoints(const std::string& name) const {
    return endpoints_.at(name);
  }
  v1::Orchestrator::Stub& orchestrator() { return *orchestrator_; }

  // Folders of this machine.
  const std::string& folder() const { return folder_; }
  const std::string& volume() const { return volume_; }
  std::string log(const std::string& name) const;

  // Runs a pipeline to its end; `on_event` may be null. The status is that of
  // the call.
  absl::StatusOr<v1::Run> Execute(
      const v1::RunRequest& request,
      const std::function<void(const v1::RunEvent&)>& on_event = nullptr);

  absl::StatusOr<v1::Run> Create(const v1::RunRequest& request);
  absl::StatusOr<v1::Run> Get(const std::string& run_id);
  absl::Status Cancel(const std::string& run_id);
  absl::Status Delete(const std::string& run_id);

  // Follows a run until `enough` says so or it ends.
  absl::Status Watch(const std::string& run_id,
                     const std::function<bool(const v1::RunEvent&)>& enough);

  // Writes a file on the volume and returns its URI.
  std::string PutFile(const std::string& path,
                      const std::string& content) const;

 private:
  std::vector<std::string> Flags(const std::string& name) const;
  absl::Status AwaitEndpoints(const std::string& name);

  std::string folder_;
  std::string volume_;
  std::map<std::string, Process> processes_;
  std::map<std::string, Endpoints> endpoints_;
  std::unique_ptr<v1::Orchestrator::Stub> orchestrator_;
};

// A request to run the reference pipeline, with `epochs` of training.
v1::RunRequest AirlineRequest(int epochs = 100);

// Where the build has put a program.
std::string ProgramPath(const std::string& name);

// The whole of a file; empty if it cannot be read.
std::string ReadWholeFile(const std::string& path);

}  // namespace stagecoach

#endif  // TESTS_TESTING_CLUSTER_H_
