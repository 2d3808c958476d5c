#include "services/common/rpc/write_stream.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::ExecuteResponse Report(int units_done) {
  v1::ExecuteResponse response;
  response.mutable_progress()->set_units_done(units_done);
  return response;
}

class WriteStreamTest : public RpcTest {
 protected:
  // The next Execute's stream is put into `stream_`.
  void KeepStream() {
    service_.execute = [this](std::shared_ptr<ExecuteStream> stream) {
      weak_ = stream;
      stream_ = std::move(stream);
      opened_.Notify();
    };
  }

  static std::vector<int64_t> Units(
      const std::vector<v1::ExecuteResponse>& responses) {
    std::vector<int64_t> units;
    for (const auto& response : responses) {
      units.push_back(response.progress().units_done());
    }
    return units;
  }

  std::shared_ptr<ExecuteStream> stream_;
  std::weak_ptr<ExecuteStream> weak_;
  absl::Notification opened_;
};

TEST_F(WriteStreamTest, MessagesArriveInOrderAndThenTheStatus) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    for (int i = 1; i <= 3; ++i) {
      EXPECT_TRUE(stream->Write(Report(i), Keep::kAll));
    }
    stream->Finish(absl::AbortedError("moved on"));
  };
  StartServer();
  std::vector<v1::ExecuteResponse> read;
  EXPECT_THAT(Execute(&read), StatusIs(absl::StatusCode::kAborted, "moved on"));
  EXPECT_THAT(Units(read), ElementsAre(1, 2, 3));
}

TEST_F(WriteStreamTest, LastMessageMayCarryTheEnd) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    stream->Write(Report(1), Keep::kAll);
    stream->WriteAndFinish(Report(2), absl::OkStatus());
  };
  StartServer();
  std::vector<v1::ExecuteResponse> read;
  EXPECT_OK(Execute(&read));
  EXPECT_THAT(Units(read), ElementsAre(1, 2));
}

TEST_F(WriteStreamTest, AnotherThreadMayWriteAfterTheMethodHasReturned) {
  KeepStream();
  StartServer();
  std::thread writer([&] {
    opened_.WaitForNotification();
    for (int i = 0; i < 100; ++i) stream_->Write(Report(i), Keep::kAll);
    stream_->Finish(absl::OkStatus());
  });
  std::vector<v1::ExecuteResponse> read;
  EXPECT_OK(Execute(&read));
  writer.join();
  EXPECT_EQ(read.size(), 100u);
}

TEST_F(WriteStreamTest, ManyThreadsMayWriteAtOnce) {
  KeepStream();
  StartServer();
  std::thread writers([&] {
    opened_.WaitForNotification();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([this] {
        for (int i = 0; i < 50; ++i) stream_->Write(Report(i), Keep::kAll);
      });
    }
    for (std::thread& thread : threads) thread.join();
    stream_->Finish(absl::OkStatus());
  });
  std::vector<v1::ExecuteResponse> read;
  EXPECT_OK(Execute(&read));
  writers.join();
  EXPECT_EQ(read.size(), 200u);
}

TEST_F(WriteStreamTest, OnlyTheFirstEndCountsAndLaterCallsDoNothing) {
  KeepStream();
  StartServer();
  std::thread writer([&] {
    opened_.WaitForNotification();
    stream_->Finish(absl::NotFoundError("first"));
    stream_->Finish(absl::InternalError("second"));
    EXPECT_FALSE(stream_->Write(Report(1), Keep::kAll));
    stream_->WriteAndFinish(Report(2), absl::OkStatus());
  });
  EXPECT_THAT(Execute(), StatusIs(absl::StatusCode::kNotFound, "first"));
  writer.join();
  server_->Shutdown(absl::InfiniteDuration());
  EXPECT_FALSE(stream_->Write(Report(3), Keep::kNewest));
  stream_->OnCancel([] { FAIL() << "was not cancelled"; });
  EXPECT_FALSE(stream_->cancelled());
}

TEST_F(WriteStreamTest, CancelIsToldOnceAndTheCallEndsByItself) {
  KeepStream();
  StartServer();
  absl::Notification cancelled;
  auto context = NewCall();
  auto reader = stub_->Execute(context.get(), {});
  opened_.WaitForNotification();
  stream_->OnCancel([&] { cancelled.Notify(); });  // twice would die
  context->TryCancel();
  cancelled.WaitForNotification();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_->Shutdown(absl::InfiniteDuration());  // returns: the call has ended
  EXPECT_TRUE(stream_->cancelled());
  EXPECT_FALSE(stream_->Write(Report(1), Keep::kAll));
}

TEST_F(WriteStreamTest, CancelBeforeTheCallbackIsSetIsToldAtOnce) {
  KeepStream();
  StartServer();
  auto context = NewCall();
  auto reader = stub_->Execute(context.get(), {});
  opened_.WaitForNotification();
  context->TryCancel();
  reader->Finish();
  server_->Shutdown(absl::InfiniteDuration());
  bool told = false;
  stream_->OnCancel([&] { told = true; });
  EXPECT_TRUE(told);
}

TEST_F(WriteStreamTest, WritersAndACancelMayMeet) {
  for (int round = 0; round < 50; ++round) {
    absl::Notification opened;
    std::shared_ptr<ExecuteStream> stream;
    service_.execute = [&](std::shared_ptr<ExecuteStream> given) {
      stream = std::move(given);
      opened.Notify();
    };
    if (server_ == nullptr) StartServer();
    auto context = NewCall();
    auto reader = stub_->Execute(context.get(), {});
    opened.WaitForNotification();
    std::thread writer([&] {
      while (stream->Write(Report(1), Keep::kNewest)) {
      }
      stream->Finish(absl::OkStatus());
    });
    context->TryCancel();
    reader->Finish();
    writer.join();
  }
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(WriteStreamTest, IsLetGoOfWhenTheCallHasEndedWithItsCallback) {
  KeepStream();
  StartServer();
  const auto owned = std::make_shared<int>();
  std::thread writer([&] {
    opened_.WaitForNotification();
    stream_->OnCancel([owned, stream = stream_] {});  // a cycle
    stream_->Finish(absl::OkStatus());
    stream_.reset();
  });
  EXPECT_OK(Execute());
  writer.join();
  server_->Shutdown(absl::InfiniteDuration());
  EXPECT_TRUE(weak_.expired());
  EXPECT_EQ(owned.use_count(), 1);
}

TEST_F(WriteStreamTest, SlowReaderMissesOldReportsButNeverTheNewestNorResults) {
  KeepStream();
  service_.limits = {.newest = 2, .all = 8};
  StartServer();
  auto context = NewCall();
  auto reader = stub_->Execute(context.get(), {});  // reads nothing yet
  opened_.WaitForNotification();
  v1::ExecuteResponse big = Report(0);
  big.mutable_progress()->set_message(std::string(256 << 10, 'x'));
  // More than the connection's buffers take.
  for (int i = 1; i <= 200; ++i) {
    big.mutable_progress()->set_units_done(i);
    EXPECT_TRUE(stream_->Write(big, Keep::kNewest));
  }
  stream_->WriteAndFinish(Report(1000), absl::OkStatus());
  std::vector<v1::ExecuteResponse> read;
  for (v1::ExecuteResponse response; reader->Read(&response);) {
    read.push_back(response);
  }
  EXPECT_TRUE(reader->Finish().ok());
  ASSERT_GE(read.size(), 3u);
  EXPECT_LT(read.size(), 200u);
  EXPECT_EQ(read[read.size() - 3].progress().units_done(), 199);
  EXPECT_EQ(read[read.size() - 2].progress().units_done(), 200);
  EXPECT_EQ(read.back().progress().units_done(), 1000);
}

TEST_F(WriteStreamTest, ASourceIsAskedForMoreWhenTheLastIsOnItsWay) {
  // Each message is written only when the one before has gone.
  struct Source {
    static void Next(const std::shared_ptr<ExecuteStream>& stream, int units) {
      if (units == 5) {
        stream->WriteAndFinish(Report(units), absl::OkStatus());
        return;
      }
      stream->OnDrained([stream, units] { Next(stream, units + 1); });
      stream->Write(Report(units), Keep::kAll);
    }
  };
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    Source::Next(stream, 1);
  };
  StartServer();
  std::vector<v1::ExecuteResponse> read;
  EXPECT_OK(Execute(&read));
  EXPECT_THAT(Units(read), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(WriteStreamTest, ReaderTooSlowForWhatMustArriveIsSentAway) {
  KeepStream();
  service_.limits = {.newest = 1, .all = 4};
  StartServer();
  auto context = NewCall();
  auto reader = stub_->Execute(context.get(), {});
  opened_.WaitForNotification();
  v1::ExecuteResponse big = Report(0);
  big.mutable_progress()->set_message(std::string(256 << 10, 'x'));
  while (stream_->Write(big, Keep::kAll)) {
  }
  EXPECT_FALSE(stream_->cancelled());
  v1::ExecuteResponse response;
  while (reader->Read(&response)) {
  }
  const grpc::Status end = reader->Finish();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(end.error_message(), HasSubstr("reader is too slow"));
}

}  // namespace
}  // namespace stagecoach
