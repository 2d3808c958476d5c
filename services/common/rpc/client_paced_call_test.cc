#include "services/common/rpc/client_paced_call.h"

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

v1::ExecuteResponse Report(int units_done) {
  v1::ExecuteResponse response;
  response.mutable_progress()->set_units_done(units_done);
  return response;
}

class ClientPacedCallTest : public RpcTest {
 protected:
  using Call = ClientPacedCall<v1::ExecuteResponse>;

  // Reads a stream to its end, as fast as it comes.
  absl::Status ReadAll(std::vector<int64_t>& units) {
    absl::Notification done;
    absl::Status end;
    const v1::ExecuteRequest request;
    Call::Start(
        absl::Seconds(10),
        [&](auto* context, auto* reactor) {
          stub_->async()->Execute(context, &request, reactor);
        },
        [&](const std::shared_ptr<Call>& call, v1::ExecuteResponse& message) {
          units.push_back(message.progress().units_done());
          call->ReadNext();
        },
        [&](absl::Status status) {
          end = std::move(status);
          done.Notify();
        });
    done.WaitForNotification();
    return end;
  }
};

TEST_F(ClientPacedCallTest, TheNextMessageComesWhenItIsAskedFor) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    stream->Write(Report(1), Keep::kAll);
    stream->Write(Report(2), Keep::kAll);
    stream->Finish(absl::AbortedError("moved on"));
  };
  StartServer();
  std::vector<int64_t> units;
  EXPECT_THAT(ReadAll(units), StatusIs(absl::StatusCode::kAborted, "moved on"));
  EXPECT_THAT(units, ElementsAre(1, 2));
}

TEST_F(ClientPacedCallTest, NoMessageIsLostWhereTheEndFollowsAtOnce) {
  std::vector<std::thread> writers;
  service_.execute = [&writers](std::shared_ptr<ExecuteStream> stream) {
    writers.emplace_back([stream] {
      for (int i = 1; i <= 10; ++i) stream->Write(Report(i), Keep::kAll);
      stream->Finish(absl::OkStatus());
    });
  };
  StartServer();
  for (int i = 0; i < 500; ++i) {
    std::vector<int64_t> units;
    EXPECT_OK(ReadAll(units));
    EXPECT_EQ(units.size(), 10u) << "stream " << i;
  }
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace stagecoach
