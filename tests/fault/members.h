// Several orchestrators on one PostgreSQL database, with one stage that does
// nothing, all of them real processes on loopback.

#ifndef TESTS_FAULT_MEMBERS_H_
#define TESTS_FAULT_MEMBERS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/store/postgres_server.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"
#include "tests/testing/process.h"

namespace stagecoach {

// Short, so that a test need not wait long for the end of a lease.
inline constexpr absl::Duration kMemberLease = absl::Seconds(3);

// Threads: not thread-safe, but for calls of the stubs.
class Members {
 public:
  // A database, a volume and a stage "noop" with `slots` slots.
  static absl::StatusOr<std::unique_ptr<Members>> Start(int slots);
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  // Starts one more orchestrator and waits until it serves. Returns its index.
  absl::StatusOr<int> Add();

  Process& process(int member) { return members_.at(member).process; }
  v1::Orchestrator::Stub& stub(int member) { return *members_.at(member).stub; }

  // Creates a run of two steps that sleep `sleep` each. `key` is not empty:
  // it is tried again as long as the orchestrator says that it cannot yet. Of
  // pipeline "single-naps" one run at once may be under way; the steps of
  // "shared-naps" use the cache.
  absl::StatusOr<v1::Run> Create(int member, absl::Duration sleep,
                                 const std::string& key,
                                 const std::string& pipeline = "naps");
  absl::StatusOr<v1::Run> Get(int member, const std::string& run_id);
  absl::Status Cancel(int member, const std::string& run_id);
  absl::StatusOr<std::vector<v1::Run>> List(int member);

  // Follows a run to its end.
  absl::Status Await(int member, const std::string& run_id);
  // Follows it until `enough` says so, or it ends.
  absl::Status Watch(int member, const std::string& run_id,
                     const std::function<bool(const v1::RunEvent&)>& enough);

  // How often the stage has started each execution.
  std::map<std::string, int> Executions() const;

 private:
  struct Member {
    Process process;
    std::unique_ptr<v1::Orchestrator::Stub> stub;
  };

  explicit Members(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<v1::Run> TryCreate(int member, absl::Duration sleep,
                                    const std::string& key,
                                    const std::string& pipeline);
  absl::StatusOr<std::string> Launch(const std::string& program,
                                     const std::string& name,
                                     std::vector<std::string> flags,
                                     std::vector<Process>& into);

  const std::string folder_;
  std::string database_;
  std::string stage_address_;
  std::vector<Process> stages_;
  std::vector<Member> members_;
};

}  // namespace stagecoach

#endif  // TESTS_FAULT_MEMBERS_H_
