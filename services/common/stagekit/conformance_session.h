// A client of a stage under test: makes requests and calls, each with an id and
// a directory of its own.

#ifndef SERVICES_COMMON_STAGEKIT_CONFORMANCE_SESSION_H_
#define SERVICES_COMMON_STAGEKIT_CONFORMANCE_SESSION_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "services/common/stagekit/conformance.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

// One Execute call, under way on a thread of its own.
class ConformanceCall {
 public:
  // Starts it. gRPC ends it after `timeout`.
  ConformanceCall(v1::StageService::Stub& stub,
                  const v1::ExecuteRequest& request, absl::Duration timeout);
  // Waits for the end.
  ~ConformanceCall();

  // Whether it has ended, after waiting for up to `wait`.
  bool EndedWithin(absl::Duration wait) const {
    return ended_.WaitForNotificationWithTimeout(wait);
  }

  // Waits for the end. INTERNAL if the stream breaks the contract: it ends OK
  // without a result, or goes on after it.
  const absl::StatusOr<v1::ExecutionResult>& Finish() const;

 private:
  absl::StatusOr<v1::ExecutionResult> ReadToTheEnd();

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ExecuteResponse>> reader_;
  absl::Notification ended_;
  absl::StatusOr<v1::ExecutionResult> end_;  // set before `ended_`
  std::thread thread_;                       // last: uses the others
};

// Threads: one.
class ConformanceSession {
 public:
  explicit ConformanceSession(const ConformanceOptions& options);

  // Asks the stage for its description, which `description` then returns.
  absl::StatusOr<v1::StageDescription> Describe();
  const v1::StageDescription& description() const { return description_; }
  // The health of the server as a whole.
  absl::Status CheckHealth();

  // The example as the first attempt of a new run.
  v1::ExecuteRequest NewRequest() { return Fill(options_.example); }
  // Likewise the long one; see has_long_example.
  v1::ExecuteRequest NewLongRequest();
  // Whether executions of NewLongRequest last until they are cancelled.
  bool has_long_example() const;

  std::unique_ptr<ConformanceCall> Begin(const v1::ExecuteRequest& request);
  absl::StatusOr<v1::ExecutionResult> Execute(
      const v1::ExecuteRequest& request) {
    return Begin(request)->Finish();
  }
  absl::Status Cancel(const std::string& execution_id, int64_t lease_epoch);

 private:
  v1::ExecuteRequest Fill(v1::ExecuteRequest request);
  void SetDeadline(grpc::ClientContext& context) const;

  const ConformanceOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::StageService::Stub> stub_;
  const std::string run_prefix_;
  int runs_ = 0;
  v1::StageDescription description_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_CONFORMANCE_SESSION_H_
