// DuplexStream and ClientDuplexCall, the two ends of a call.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/client_duplex_call.h"
#include "services/common/rpc/duplex_stream.h"
#include "services/common/rpc/kept_channel.h"
#include "services/common/rpc/server.h"
#include "stagecoach/v1/session.grpc.pb.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Stream = DuplexStream<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;
using Call = ClientDuplexCall<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;

// Numbers that wait to be sent, and those that came.
class Numbers {
 public:
  void Push(uint64_t number) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back(number);
  }
  std::vector<uint64_t> TakeAll() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(waiting_, {});
  }
  bool Await(size_t count) {
    const auto there = [this, count] {
      mutex_.AssertHeld();
      return waiting_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Minutes(1));
  }

 private:
  absl::Mutex mutex_;
  std::vector<uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
};

// A server that keeps what comes and sends what it is given.
class FakeSessionService final : public v1::SessionService::CallbackService {
 public:
  Stream::Reactor* ExecuteMany(grpc::CallbackServerContext* context) override {
    stream = Stream::Create(*context, sender);
    stream->Start({[this](auto& message) {
                     for (const auto& call : message.calls()) {
                       received.Push(call.call_id());
                     }
                   },
                   [this] { read_all.Notify(); },
                   [this] { cancelled.Notify(); },
                   [this](auto& message) {
                     for (const uint64_t number : outgoing.TakeAll()) {
                       message.add_events()->set_call_id(number);
                     }
                     return !message.events().empty();
                   }});
    auto* const reactor = stream->reactor();
    opened.Notify();
    return reactor;
  }

  BoundedExecutor* sender = nullptr;
  Numbers received;
  Numbers outgoing;
  absl::Notification opened;
  absl::Notification read_all;
  absl::Notification cancelled;
  std::shared_ptr<Stream> stream;  // once `opened`
};

class DuplexTest : public testing::Test {
 protected:
  DuplexTest() {
    RpcServerOptions options;
    options.listen_address = "127.0.0.1:0";
    auto server = RpcServer::Start(options, {&service_}, metrics_.registry());
    EXPECT_OK(server);
    server_ = *std::move(server);
    ChannelOptions channel;
    channel.own_connection = true;
    stub_ = v1::SessionService::NewStub(
        MakeKeptChannel(server_->address(), channel));
  }
  ~DuplexTest() override { server_->Shutdown(absl::ZeroDuration()); }

  void Open() {
    call_ = Call::Start(
        [&](auto* context, auto* reactor) {
          stub_->async()->ExecuteMany(context, reactor);
        },
        {[this](auto& message) {
           for (const uint64_t number : outgoing_.TakeAll()) {
             message.add_calls()->set_call_id(number);
           }
           return !message.calls().empty();
         },
         [this](auto& message) {
           sizes_.Push(message.events_size());
           for (const auto& event : message.events()) {
             received_.Push(event.call_id());
           }
         },
         [this](absl::Status end) {
           end_ = std::move(end);
           done_.Notify();
         }});
    service_.opened.WaitForNotification();
  }

  absl::Status AwaitEnd() {
    done_.WaitForNotification();
    return end_;
  }

  ProcessMetrics metrics_{"test"};
  FakeSessionService service_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
  Numbers outgoing_;
  Numbers received_;
  Numbers sizes_;  // of the messages that came
  std::shared_ptr<Call> call_;
  absl::Notification done_;
  absl::Status end_;
};

TEST_F(DuplexTest, MessagesGoBothWays) {
  Open();
  outgoing_.Push(1);
  call_->Wake();
  ASSERT_TRUE(service_.received.Await(1));
  service_.outgoing.Push(7);
  service_.stream->Wake();
  ASSERT_TRUE(received_.Await(1));
  outgoing_.Push(2);
  call_->Wake();
  ASSERT_TRUE(service_.received.Await(2));
  EXPECT_THAT(service_.received.TakeAll(), ElementsAre(1, 2));
  EXPECT_THAT(received_.TakeAll(), ElementsAre(7));
  service_.stream->Finish(absl::OkStatus());
  EXPECT_OK(AwaitEnd());
}

TEST_F(DuplexTest, NothingIsLostIfBothAreWokenAgainAndAgain) {
  Open();
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < 1000; ++i) {
    all.push_back(i);
    outgoing_.Push(i);
    call_->Wake();
    service_.outgoing.Push(i);
    service_.stream->Wake();
  }
  ASSERT_TRUE(service_.received.Await(all.size()));
  ASSERT_TRUE(received_.Await(all.size()));
  EXPECT_EQ(service_.received.TakeAll(), all);
  EXPECT_EQ(received_.TakeAll(), all);
  service_.stream->Finish(absl::OkStatus());
  EXPECT_OK(AwaitEnd());
}

// A sender whose only thread waits for `go`.
class BusySender {
 public:
  explicit BusySender(int queue_capacity)
      : sender("sender", /*threads=*/1, queue_capacity) {
    EXPECT_OK(sender.Submit([this] { go.WaitForNotification(); }));
  }

  ~BusySender() {
    if (!go.HasBeenNotified()) go.Notify();
  }

  absl::Notification go;
  BoundedExecutor sender;
};

TEST_F(DuplexTest, WhatComesBeforeTheSenderIsThereGoesInOneMessage) {
  BusySender busy(/*queue_capacity=*/1);
  service_.sender = &busy.sender;
  Open();
  for (const uint64_t number : {1, 2, 3}) {
    service_.outgoing.Push(number);
    service_.stream->Wake();
  }
  busy.go.Notify();
  ASSERT_TRUE(received_.Await(3));
  EXPECT_THAT(received_.TakeAll(), ElementsAre(1, 2, 3));
  EXPECT_THAT(sizes_.TakeAll(), ElementsAre(3));
  service_.stream->Finish(absl::OkStatus());
  EXPECT_OK(AwaitEnd());
}

TEST_F(DuplexTest, WhatAFullSenderDoesNotTakeIsSentAtOnce) {
  BusySender busy(/*queue_capacity=*/0);
  service_.sender = &busy.sender;
  Open();
  service_.outgoing.Push(1);
  service_.stream->Wake();
  EXPECT_TRUE(received_.Await(1));
  service_.stream->Finish(absl::OkStatus());
  EXPECT_OK(AwaitEnd());
  busy.go.Notify();
}

TEST_F(DuplexTest, FinishSendsFirstWhatIsNext) {
  Open();
  service_.outgoing.Push(1);
  service_.stream->Finish(absl::AbortedError("moved on"));
  EXPECT_THAT(AwaitEnd(), StatusIs(absl::StatusCode::kAborted, "moved on"));
  EXPECT_THAT(received_.TakeAll(), ElementsAre(1));
}

TEST_F(DuplexTest, TheFirstFinishCounts) {
  Open();
  service_.stream->Finish(absl::AbortedError("first"));
  service_.stream->Finish(absl::OkStatus());
  EXPECT_THAT(AwaitEnd(), StatusIs(absl::StatusCode::kAborted, "first"));
}

TEST_F(DuplexTest, WritesDoneSendsFirstWhatIsNextAndTellsTheServer) {
  Open();
  outgoing_.Push(1);
  call_->WritesDone();
  service_.read_all.WaitForNotification();
  EXPECT_THAT(service_.received.TakeAll(), ElementsAre(1));
  EXPECT_FALSE(service_.cancelled.HasBeenNotified());
  service_.outgoing.Push(2);
  service_.stream->Finish(absl::OkStatus());
  EXPECT_OK(AwaitEnd());
  EXPECT_THAT(received_.TakeAll(), ElementsAre(2));
}

TEST_F(DuplexTest, CancelEndsBothEnds) {
  Open();
  call_->Cancel();
  EXPECT_THAT(AwaitEnd(), StatusIs(absl::StatusCode::kCancelled));
  service_.cancelled.WaitForNotification();
  service_.read_all.WaitForNotification();
}

TEST_F(DuplexTest, ALostServerEndsTheCallAsUnavailable) {
  Open();
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_THAT(AwaitEnd(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(DuplexTest, AfterTheEndNothingHappens) {
  Open();
  service_.stream->Finish(absl::OkStatus());
  ASSERT_OK(AwaitEnd());
  outgoing_.Push(1);
  call_->Wake();
  call_->WritesDone();
  call_->Cancel();
  server_->Shutdown(absl::ZeroDuration());
  service_.outgoing.Push(1);
  service_.stream->Wake();
  service_.stream->Finish(absl::OkStatus());
  EXPECT_THAT(service_.received.TakeAll(), IsEmpty());
  EXPECT_THAT(received_.TakeAll(), IsEmpty());
}

}  // namespace
}  // namespace stagecoach
