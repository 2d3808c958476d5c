// A stage for tests of who calls stages: a real server on a free port, whose
// executions the test ends by hand, and which it stops and starts.
//
//   ScriptedStage stage("train", /*slots=*/2);
//   ASSERT_OK(stage.Start());
//   … the fleet, told of stage.address(), executes "r/train/1" …
//   ASSERT_TRUE(stage.AwaitExecution("r/train/1"));
//   stage.Finish("r/train/1", SomeResult());
//
// Waits end after a minute with false: longer than the slowest machine needs.

#ifndef ORCHESTRATOR_FLEET_SCRIPTED_STAGE_H_
#define ORCHESTRATOR_FLEET_SCRIPTED_STAGE_H_

#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/write_stream.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

// Threads: every method may be called from any thread, but Start and Stop from
// one at a time.
class ScriptedStage final : private v1::StageService::CallbackService {
 public:
  // `with_sessions`: also serves session.proto.
  ScriptedStage(const std::string& name, int slots, bool with_sessions = false);
  ~ScriptedStage() override;

  // Listens, on a free port the first time and on the same one again after
  // Stop, and serves.
  absl::Status Start();
  // Ends every stream, then the server.
  void Stop();

  // `host:port`, after the first Start.
  const std::string& address() const { return address_; }

  // What its health service says from now on.
  void SetServing(bool serving);

  // What Describe answers from now on.
  void SetDescription(const v1::StageDescription& description);
  void SetDescribeError(const absl::Status& error);
  // Describe answers nothing from now on.
  void HangDescribe();
  v1::StageDescription description() const;

  // Refuses every execution from now on, if not OK.
  void SetRefusal(const absl::Status& refusal);

  // Waits until an execution's stream is open, or until its caller is gone.
  bool AwaitExecution(const std::string& execution_id);
  bool AwaitAbandoned(const std::string& execution_id);
  // Waits until Cancel was called for an execution.
  bool AwaitCancel(const std::string& execution_id);

  // Of an execution whose stream is open.
  void Report(const std::string& execution_id, const v1::Progress& progress);
  void Finish(const std::string& execution_id,
              const absl::StatusOr<v1::ExecutionResult>& end);
  // Ends the stream OK, but without a result. Not of a session.
  void FinishWithoutResult(const std::string& execution_id);

  // Whether Cancel was called for an execution.
  bool WasCancelled(const std::string& execution_id) const;

  // Calls of Describe so far.
  int describes() const;
  bool AwaitDescribes(int count);

  // Waits until its health service was watched `count` times in all.
  bool AwaitWatches(int count);

 private:
  using Stream = WriteStream<v1::ExecuteResponse>;
  class Sessions;

  // How the caller of an execution is told of it.
  struct Caller {
    std::function<void(const v1::Progress&)> report;
    std::function<void(const absl::StatusOr<v1::ExecutionResult>&)> finish;
    std::function<void()> finish_without_result;
    std::function<bool()> is_gone;
  };

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* request,
                                     v1::DescribeResponse* response) override;
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest* request,
                                   v1::CancelResponse* response) override;
  grpc::ServerWriteReactor<v1::ExecuteResponse>* Execute(
      grpc::CallbackServerContext* context,
      const v1::ExecuteRequest* request) override;

  // Adds a caller, or tells it the refusal.
  void Add(const std::string& execution_id, const Caller& caller);
  Caller CallerOf(const std::string& execution_id);
  // Makes those who wait look again.
  void Tell();
  bool Await(const std::function<bool()>& condition);

  prometheus::Registry registry_;

  mutable absl::Mutex mutex_;
  v1::StageDescription description_ ABSL_GUARDED_BY(mutex_);
  absl::Status describe_error_ ABSL_GUARDED_BY(mutex_);
  bool describe_hangs_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Caller> callers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> cancels_ ABSL_GUARDED_BY(mutex_);
  int describes_ ABSL_GUARDED_BY(mutex_) = 0;

  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<Sessions> sessions_;  // may be null
  std::unique_ptr<RpcServer> server_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_SCRIPTED_STAGE_H_
