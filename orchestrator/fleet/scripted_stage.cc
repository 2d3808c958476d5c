#include "orchestrator/fleet/scripted_stage.h"

#include <algorithm>
#include <utility>

#include "services/common/base/metrics.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/status.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(1);

constexpr char kWatchLabels[] =
    "grpc_method=\"Watch\",grpc_service=\"grpc.health.v1.Health\","
    "grpc_type=\"server_stream\"";

// Answers only when nobody waits for it any more.
class HangingReactor final : public grpc::ServerUnaryReactor {
 public:
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

}  // namespace

ScriptedStage::ScriptedStage(const std::string& name, int slots) {
  absl::MutexLock lock(&mutex_);
  description_.set_name(name);
  description_.set_version("1.0.0");
  description_.set_build_id("test");
  description_.set_documentation("Does what a test says.");
  description_.set_slots(slots);
}

ScriptedStage::~ScriptedStage() { Stop(); }

absl::Status ScriptedStage::Start() {
  RpcServerOptions options;
  options.listen_address = address_;
  SC_ASSIGN_OR_RETURN(server_, RpcServer::Start(options, {this}, registry_));
  address_ = server_->address();
  server_->SetServing(true, "the test says so");
  return absl::OkStatus();
}

void ScriptedStage::Stop() {
  if (server_ == nullptr) return;
  // A dying process ends its streams by losing its connections.
  server_->Shutdown(absl::ZeroDuration());
  server_.reset();
  absl::MutexLock lock(&mutex_);
  streams_.clear();
}

void ScriptedStage::SetServing(bool serving) {
  server_->SetServing(serving, "the test says so");
}

void ScriptedStage::SetDescription(const v1::StageDescription& description) {
  absl::MutexLock lock(&mutex_);
  description_ = description;
}

void ScriptedStage::SetDescribeError(const absl::Status& error) {
  absl::MutexLock lock(&mutex_);
  describe_error_ = error;
}

void ScriptedStage::HangDescribe() {
  absl::MutexLock lock(&mutex_);
  describe_hangs_ = true;
}

v1::StageDescription ScriptedStage::description() const {
  absl::MutexLock lock(&mutex_);
  return description_;
}

void ScriptedStage::SetRefusal(const absl::Status& refusal) {
  absl::MutexLock lock(&mutex_);
  refusal_ = refusal;
}

bool ScriptedStage::AwaitExecution(const std::string& execution_id) {
  return Await([&] {
    mutex_.AssertHeld();
    return streams_.count(execution_id) > 0;
  });
}

bool ScriptedStage::AwaitAbandoned(const std::string& execution_id) {
  return Await([&] {
    mutex_.AssertHeld();
    const auto found = streams_.find(execution_id);
    return found != streams_.end() && found->second->cancelled();
  });
}

bool ScriptedStage::AwaitCancel(const std::string& execution_id) {
  return Await([&] {
    mutex_.AssertHeld();
    return std::count(cancels_.begin(), cancels_.end(), execution_id) > 0;
  });
}

void ScriptedStage::Report(const std::string& execution_id,
                           const v1::Progress& progress) {
  v1::ExecuteResponse message;
  *message.mutable_progress() = progress;
  StreamOf(execution_id)->Write(std::move(message), Keep::kAll);
}

void ScriptedStage::Finish(const std::string& execution_id,
                           const absl::StatusOr<v1::ExecutionResult>& end) {
  const std::shared_ptr<Stream> stream = StreamOf(execution_id);
  if (!end.ok()) {
    stream->Finish(end.status());
    return;
  }
  v1::ExecuteResponse message;
  *message.mutable_result() = *end;
  stream->WriteAndFinish(std::move(message), absl::OkStatus());
}

void ScriptedStage::FinishWithoutResult(const std::string& execution_id) {
  StreamOf(execution_id)->Finish(absl::OkStatus());
}

bool ScriptedStage::WasCancelled(const std::string& execution_id) const {
  absl::MutexLock lock(&mutex_);
  return std::count(cancels_.begin(), cancels_.end(), execution_id) > 0;
}

int ScriptedStage::describes() const {
  absl::MutexLock lock(&mutex_);
  return describes_;
}

bool ScriptedStage::AwaitDescribes(int count) {
  return Await([&] {
    mutex_.AssertHeld();
    return describes_ >= count;
  });
}

bool ScriptedStage::AwaitWatches(int count) {
  const absl::Time limit = absl::Now() + kLimit;
  while (MetricValue(registry_, "grpc_server_started_total", kWatchLabels) <
         count) {
    if (absl::Now() > limit) return false;
    // Nothing tells of a watch, so it is looked for every millisecond.
    absl::MutexLock lock(&mutex_);
    const bool never = false;
    mutex_.AwaitWithTimeout(absl::Condition(&never), absl::Milliseconds(1));
  }
  return true;
}

grpc::ServerUnaryReactor* ScriptedStage::Describe(
    grpc::CallbackServerContext* context, const v1::DescribeRequest*,
    v1::DescribeResponse* response) {
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    ++describes_;
    if (describe_hangs_) return new HangingReactor();
    *response->mutable_stage() = description_;
    end = describe_error_;
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(end));
  return reactor;
}

grpc::ServerUnaryReactor* ScriptedStage::Cancel(
    grpc::CallbackServerContext* context, const v1::CancelRequest* request,
    v1::CancelResponse*) {
  {
    absl::MutexLock lock(&mutex_);
    cancels_.push_back(request->execution_id());
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<v1::ExecuteResponse>* ScriptedStage::Execute(
    grpc::CallbackServerContext* context, const v1::ExecuteRequest* request) {
  auto stream = Stream::Create(*context);
  auto* reactor = stream->reactor();
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    refusal = refusal_;
    if (refusal.ok()) streams_[request->execution_id()] = stream;
  }
  // The lock makes AwaitAbandoned look again.
  stream->OnCancel([this] { absl::MutexLock lock(&mutex_); });
  if (!refusal.ok()) stream->Finish(refusal);
  return reactor;
}

std::shared_ptr<ScriptedStage::Stream> ScriptedStage::StreamOf(
    const std::string& execution_id) {
  absl::MutexLock lock(&mutex_);
  return streams_.at(execution_id);
}

bool ScriptedStage::Await(const std::function<bool()>& condition) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&condition), kLimit);
}

}  // namespace stagecoach
