// What it costs to tell a client, over a stream, of four short tasks that end
// one shortly after another: as a stage does for the steps of a no-op run.

#include <benchmark/benchmark.h>
#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/metrics.h"
#include "services/common/rpc/client_duplex_call.h"
#include "services/common/rpc/duplex_stream.h"
#include "services/common/rpc/kept_channel.h"
#include "services/common/rpc/server.h"
#include "stagecoach/v1/session.grpc.pb.h"
#include "tests/bench/runs/short_task.h"

namespace stagecoach {
namespace {

constexpr int kThreads = 16;
constexpr int kTasks = 4;

using Stream = DuplexStream<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;
using Call = ClientDuplexCall<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;

// Does a task for each call and tells its end. One stream at a time.
class TaskService final : public v1::SessionService::CallbackService {
 public:
  // `sender` as DuplexStream::Create.
  explicit TaskService(BoundedExecutor* sender) : sender_(sender) {}

  Stream::Reactor* ExecuteMany(grpc::CallbackServerContext* context) override {
    stream_ = Stream::Create(*context, sender_);
    auto* const reactor = stream_->reactor();
    stream_->Start({[this](auto& message) {
                      for (const auto& call : message.calls()) {
                        Begin(call.call_id());
                      }
                    },
                    [this] { stream_->Finish(absl::OkStatus()); }, [] {},
                    [this](auto& message) { return Tell(message); }});
    return reactor;
  }

 private:
  void Begin(uint64_t id) {
    const auto task = [this, id] {
      ShortTask();
      {
        absl::MutexLock lock(&mutex_);
        ended_.push_back(id);
      }
      stream_->Wake();
    };
    slots_.Submit(task).IgnoreError();  // there is always room
  }

  bool Tell(v1::ExecuteManyResponse& message) {
    absl::MutexLock lock(&mutex_);
    for (const uint64_t id : std::exchange(ended_, {})) {
      message.add_events()->set_call_id(id);
    }
    return !message.events().empty();
  }

  BoundedExecutor* const sender_;
  std::shared_ptr<Stream> stream_;
  absl::Mutex mutex_;
  std::vector<uint64_t> ended_ ABSL_GUARDED_BY(mutex_);
  BoundedExecutor slots_{"slots", kThreads, kTasks};  // uses the others
};

// The client: asks for tasks and counts their ends.
class Client {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = v1::SessionService::NewStub(channel);
    call_ = Call::Start(
        [&](auto* context, auto* reactor) {
          stub->async()->ExecuteMany(context, reactor);
        },
        {[this](auto& message) { return Ask(message); },
         [this](auto& message) { Count(message.events_size()); },
         [this](const absl::Status&) { ended_.Notify(); }});
  }
  ~Client() {
    call_->WritesDone();
    ended_.WaitForNotification();
  }

  void DoTasks() {
    {
      absl::MutexLock lock(&mutex_);
      asking_ = true;
      left_ = kTasks;
    }
    call_->Wake();
    const auto done = [this] {
      mutex_.AssertHeld();
      return left_ == 0;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&done));
  }

 private:
  bool Ask(v1::ExecuteManyRequest& message) {
    absl::MutexLock lock(&mutex_);
    if (!std::exchange(asking_, false)) return false;
    for (int i = 0; i < kTasks; ++i) message.add_calls()->set_call_id(i);
    return true;
  }

  void Count(int ended) {
    absl::MutexLock lock(&mutex_);
    left_ -= ended;
  }

  std::shared_ptr<Call> call_;
  absl::Notification ended_;
  absl::Mutex mutex_;
  bool asking_ ABSL_GUARDED_BY(mutex_) = false;
  int left_ ABSL_GUARDED_BY(mutex_) = 0;
};

void TellOfTasks(benchmark::State& state, BoundedExecutor* sender) {
  ProcessMetrics metrics("bench");
  TaskService service(sender);
  RpcServerOptions options;
  options.listen_address = "127.0.0.1:0";
  const auto server = RpcServer::Start(options, {&service}, metrics.registry());
  if (!server.ok()) return state.SkipWithError("it cannot serve");
  {
    Client client(
        MakeKeptChannel((*server)->address(), {.own_connection = true}));
    for (auto _ : state) client.DoTasks();
  }
  (*server)->Shutdown(absl::InfiniteDuration());
}

void BM_Sender(benchmark::State& state) {
  BoundedExecutor sender("sender", /*threads=*/1, /*queue_capacity=*/1);
  TellOfTasks(state, &sender);
}

void BM_NoSender(benchmark::State& state) { TellOfTasks(state, nullptr); }

BENCHMARK(BM_Sender)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BM_NoSender)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace stagecoach

BENCHMARK_MAIN();
