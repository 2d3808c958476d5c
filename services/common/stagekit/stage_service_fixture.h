// A stage served on a free port with a volume in memory and a clock that the
// test moves, and a client of it.

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_FIXTURE_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_FIXTURE_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/base/timer_queue.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "services/common/stagekit/fake_stages.h"
#include "services/common/stagekit/session_service.h"
#include "services/common/stagekit/stage_service.h"

namespace stagecoach {

// One Execute call, under way.
class ExecuteCall {
 public:
  ExecuteCall(v1::StageService::Stub& stub, const v1::ExecuteRequest& request) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    reader_ = stub.Execute(&context_, request);
  }

  // Waits for the next report; false if there is none any more.
  bool AwaitProgress() {
    v1::ExecuteResponse response;
    if (!reader_->Read(&response)) return false;
    if (response.has_result()) {
      result_ = response.result();
      return false;
    }
    ++reports_;
    return true;
  }

  // Waits for the end.
  absl::Status Finish() {
    while (AwaitProgress()) {
    }
    return FromGrpcStatus(reader_->Finish(), context_);
  }

  // Breaks the stream off, as a caller that dies would.
  void Break() {
    context_.TryCancel();
    Finish().IgnoreError();
  }

  int reports() const { return reports_; }
  const v1::ExecutionResult& result() const { return result_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ExecuteResponse>> reader_;
  v1::ExecutionResult result_;
  int reports_ = 0;
};

// One stream of executions, under way.
class SessionCalls {
 public:
  explicit SessionCalls(v1::SessionService::Stub& stub) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    stream_ = stub.ExecuteMany(&context_);
  }

  // Adds a call to the next message.
  v1::SessionCall& Add(uint64_t id, const v1::ExecuteRequest& request) {
    v1::SessionCall& call = *message_.add_calls();
    call.set_call_id(id);
    *call.mutable_request() = request;
    return call;
  }
  void Send() {
    stream_->Write(message_);
    message_.Clear();
  }
  void SendAll() { stream_->WritesDone(); }

  // Waits for the end of a call and returns that event; keeps the others. An
  // event that says nothing if the stream ends before.
  v1::SessionEvent AwaitEnd(uint64_t id) {
    for (;;) {
      for (const v1::SessionEvent& event : events_) {
        if (event.call_id() == id && !event.has_progress()) return event;
      }
      v1::ExecuteManyResponse response;
      if (!stream_->Read(&response)) return v1::SessionEvent();
      for (auto& event : response.events()) events_.push_back(event);
    }
  }
  // All that came so far.
  const std::vector<v1::SessionEvent>& events() const { return events_; }

  // Waits for the end of the stream.
  absl::Status Finish() {
    v1::ExecuteManyResponse response;
    while (stream_->Read(&response)) {
      for (auto& event : response.events()) events_.push_back(event);
    }
    return FromGrpcStatus(stream_->Finish(), context_);
  }

  // Breaks the stream off, as a caller that dies would.
  void Break() {
    context_.TryCancel();
    Finish().IgnoreError();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ExecuteManyRequest, v1::ExecuteManyResponse>>
      stream_;
  v1::ExecuteManyRequest message_;
  std::vector<v1::SessionEvent> events_;
};

template <typename StageType>
class ServedStage {
 public:
  explicit ServedStage(StageServiceOptions options = {}) : options_(options) {
    Start();
  }
  ~ServedStage() { Stop(); }

  // Stops and starts again, with nothing but the volume kept.
  void Restart() {
    Stop();
    Start();
  }

  // A request for attempt `attempt` with a place for outputs and checkpoints.
  v1::ExecuteRequest Request(int attempt = 1, const std::string& run = "run") {
    v1::ExecuteRequest request;
    request.set_execution_id(absl::StrCat(run, "/step/", attempt));
    request.set_output_prefix(
        absl::StrCat("pvc://artifacts/runs/", run, "/step/", attempt));
    request.set_checkpoint_prefix(
        absl::StrCat("pvc://artifacts/runs/", run, "/step/checkpoint"));
    return request;
  }

  // The same for CopyStage, with its input.
  v1::ExecuteRequest CopyRequest(int attempt = 1,
                                 const std::string& run = "run") {
    files_->PutFile("data/source.txt", "abc");
    v1::ExecuteRequest request = Request(attempt, run);
    v1::Artifact& source = (*request.mutable_inputs())["source"];
    source.set_uri("pvc://artifacts/data/source.txt");
    source.set_type(v1::ARTIFACT_TYPE_TEXT);
    return request;
  }

  std::unique_ptr<ExecuteCall> Begin(const v1::ExecuteRequest& request) {
    return std::make_unique<ExecuteCall>(*stub_, request);
  }

  std::unique_ptr<SessionCalls> OpenSession() {
    return std::make_unique<SessionCalls>(*session_stub_);
  }

  absl::Status Execute(const v1::ExecuteRequest& request,
                       v1::ExecutionResult* result = nullptr) {
    ExecuteCall call(*stub_, request);
    absl::Status status = call.Finish();
    if (result != nullptr) *result = call.result();
    return status;
  }

  absl::Status Cancel(const std::string& id, int64_t lease_epoch = 0) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::CancelRequest request;
    request.set_execution_id(id);
    request.set_lease_epoch(lease_epoch);
    v1::CancelResponse response;
    return FromGrpcStatus(stub_->Cancel(&context, request, &response), context);
  }

  // Lets health say SERVING.
  void SetServing() { server_->SetServing(true, "the test says so"); }

  // Moves the clock and runs what is due.
  void Advance(absl::Duration step) {
    clock_.Advance(step);
    timers_->RunDueForTest();
  }

  // Waits until a timer is scheduled: a thing that another thread does soon.
  void AwaitTimers(size_t count) {
    while (timers_->pending() < count) std::this_thread::yield();
  }

  double Metric(absl::string_view name, absl::string_view labels) const {
    return MetricValue(*metrics_, name, labels);
  }

  StageType& stage() { return *stage_; }
  StageService& service() { return *service_; }
  SessionService& sessions() { return *sessions_; }
  MemoryFileSystem& files() { return *files_; }
  const std::string& address() const { return server_->address(); }

 private:
  void Start() {
    metrics_ = std::make_unique<ProcessMetrics>("test");
    store_ = std::make_unique<ArtifactStore>(volumes_, metrics_->registry());
    timers_ = std::make_unique<TimerQueue>(clock_, TimerQueue::ManualForTest());
    stage_ = std::make_unique<StageType>();
    v1::StageDescription description = stage_->Describe();
    description.set_build_id("build");
    service_ = std::make_unique<StageService>(
        *stage_, description, options_,
        StageServiceDependencies{*store_, volumes_, *timers_, clock_,
                                 metrics_->registry()});
    RpcServerOptions rpc;
    rpc.listen_address = "127.0.0.1:0";
    sessions_ = std::make_unique<SessionService>(*service_);
    auto server = RpcServer::Start(rpc, {service_.get(), sessions_.get()},
                                   metrics_->registry());
    ASSERT_OK(server);
    server_ = *std::move(server);
    ChannelOptions channel;
    channel.own_connection = true;
    const auto made = MakeChannel(server_->address(), channel);
    stub_ = v1::StageService::NewStub(made);
    session_stub_ = v1::SessionService::NewStub(made);
  }

  void Stop() {
    service_->StopRunning();
    server_->Shutdown(absl::ZeroDuration());
    stub_.reset();
    session_stub_.reset();
    server_.reset();
    sessions_.reset();
    service_.reset();
  }

  const StageServiceOptions options_;
  FakeClock clock_;
  const std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>("artifacts");
  const VolumeMap volumes_ = {{"artifacts", files_}};
  std::unique_ptr<ProcessMetrics> metrics_;
  std::unique_ptr<ArtifactStore> store_;
  std::unique_ptr<TimerQueue> timers_;
  std::unique_ptr<StageType> stage_;
  std::unique_ptr<StageService> service_;
  std::unique_ptr<SessionService> sessions_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::StageService::Stub> stub_;
  std::unique_ptr<v1::SessionService::Stub> session_stub_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_FIXTURE_H_
