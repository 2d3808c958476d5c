#include "orchestrator/fleet/scripted_stage.h"

#include <algorithm>
#include <utility>

#include "services/common/base/metrics.h"
#include "services/common/base/retry_hint.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"
#include "services/common/rpc/duplex_stream.h"
#include "services/common/rpc/status.h"
#include "stagecoach/v1/session.grpc.pb.h"

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

// What the caller of a session is told next.
struct Outbox {
  absl::Mutex mutex;
  v1::ExecuteManyResponse next ABSL_GUARDED_BY(mutex);
  bool is_gone ABSL_GUARDED_BY(mutex) = false;
};

void SetEnd(v1::SessionEvent& event,
            const absl::StatusOr<v1::ExecutionResult>& end) {
  if (end.ok()) {
    *event.mutable_result() = *end;
    return;
  }
  event.mutable_error()->set_code(end.status().raw_code());
  event.mutable_error()->set_message(std::string(end.status().message()));
  if (const auto wait = RetryHint(end.status())) {
    *event.mutable_error()->mutable_retry_after() = ToProtoDuration(*wait);
  }
}

}  // namespace

// Serves session.proto by the same script.
class ScriptedStage::Sessions final
    : public v1::SessionService::CallbackService {
 public:
  using Session = DuplexStream<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;

  explicit Sessions(ScriptedStage& stage) : stage_(stage) {}

  Session::Reactor* ExecuteMany(grpc::CallbackServerContext* context) override {
    auto session = Session::Create(*context);
    auto outbox = std::make_shared<Outbox>();
    auto* const reactor = session->reactor();
    session->Start({[this, session, outbox](auto& message) {
                      for (const auto& call : message.calls()) {
                        stage_.Add(call.request().execution_id(),
                                   CallerIn(session, outbox, call.call_id()));
                      }
                    },
                    [session] { session->Finish(absl::OkStatus()); },
                    [this, outbox] {
                      {
                        absl::MutexLock lock(&outbox->mutex);
                        outbox->is_gone = true;
                      }
                      stage_.Tell();
                    },
                    [outbox](auto& message) {
                      absl::MutexLock lock(&outbox->mutex);
                      message.Swap(&outbox->next);
                      return !message.events().empty();
                    }});
    return reactor;
  }

 private:
  static Caller CallerIn(const std::shared_ptr<Session>& session,
                         const std::shared_ptr<Outbox>& outbox, uint64_t id) {
    const auto tell = [session, outbox, id](auto fill) {
      {
        absl::MutexLock lock(&outbox->mutex);
        v1::SessionEvent& event = *outbox->next.add_events();
        event.set_call_id(id);
        fill(event);
      }
      session->Wake();
    };
    return {[tell](const v1::Progress& progress) {
              tell([&](auto& event) { *event.mutable_progress() = progress; });
            },
            [tell](const auto& end) {
              tell([&](auto& event) { SetEnd(event, end); });
            },
            [] {},
            [outbox] {
              absl::MutexLock lock(&outbox->mutex);
              return outbox->is_gone;
            }};
  }

  ScriptedStage& stage_;
};

ScriptedStage::ScriptedStage(const std::string& name, int slots,
                             bool with_sessions) {
  if (with_sessions) sessions_ = std::make_unique<Sessions>(*this);
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
  std::vector<grpc::Service*> services = {this};
  if (sessions_ != nullptr) services.push_back(sessions_.get());
  SC_ASSIGN_OR_RETURN(server_, RpcServer::Start(options, services, registry_));
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
  callers_.clear();
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
    return callers_.contains(execution_id);
  });
}

bool ScriptedStage::AwaitAbandoned(const std::string& execution_id) {
  return Await([&] {
    mutex_.AssertHeld();
    const auto found = callers_.find(execution_id);
    return found != callers_.end() && found->second.is_gone();
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
  CallerOf(execution_id).report(progress);
}

void ScriptedStage::Finish(const std::string& execution_id,
                           const absl::StatusOr<v1::ExecutionResult>& end) {
  CallerOf(execution_id).finish(end);
}

void ScriptedStage::FinishWithoutResult(const std::string& execution_id) {
  CallerOf(execution_id).finish_without_result();
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
  stream->OnCancel([this] { Tell(); });
  Add(request->execution_id(),
      {[stream](const v1::Progress& progress) {
         v1::ExecuteResponse message;
         *message.mutable_progress() = progress;
         stream->Write(std::move(message), Keep::kAll);
       },
       [stream](const absl::StatusOr<v1::ExecutionResult>& end) {
         if (!end.ok()) {
           stream->Finish(end.status());
           return;
         }
         v1::ExecuteResponse message;
         *message.mutable_result() = *end;
         stream->WriteAndFinish(std::move(message), absl::OkStatus());
       },
       [stream] { stream->Finish(absl::OkStatus()); },
       [stream] { return stream->cancelled(); }});
  return reactor;
}

void ScriptedStage::Add(const std::string& execution_id, const Caller& caller) {
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    refusal = refusal_;
    if (refusal.ok()) callers_[execution_id] = caller;
  }
  if (!refusal.ok()) caller.finish(refusal);
}

ScriptedStage::Caller ScriptedStage::CallerOf(const std::string& execution_id) {
  absl::MutexLock lock(&mutex_);
  return callers_.at(execution_id);
}

// The lock alone makes Await look again.
void ScriptedStage::Tell() { absl::MutexLock lock(&mutex_); }

bool ScriptedStage::Await(const std::function<bool()>& condition) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&condition), kLimit);
}

}  // namespace stagecoach
