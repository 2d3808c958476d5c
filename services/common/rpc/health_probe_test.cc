#include "services/common/rpc/health_probe.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// A server that answers at once is waited for no longer than this.
constexpr absl::Duration kTimeout = absl::Seconds(30);

class HealthProbeTest : public RpcTest {};

TEST_F(HealthProbeTest, IsOkOnceTheServerSaysThatItServes) {
  StartServer();
  EXPECT_THAT(
      ProbeHealth(server_->address(), kTimeout),
      StatusIs(absl::StatusCode::kUnavailable, HasSubstr("NOT_SERVING")));
  server_->SetServing(true, "test");
  EXPECT_OK(ProbeHealth(server_->address(), kTimeout));
  EXPECT_EQ(RunHealthProbe(server_->address()), 0);
}

TEST_F(HealthProbeTest, SaysWhenNobodyAnswers) {
  StartServer();
  const std::string address = server_->address();
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_THAT(
      ProbeHealth(address, kTimeout),
      StatusIs(absl::StatusCode::kUnavailable, HasSubstr("does not answer")));
  EXPECT_EQ(RunHealthProbe(address), 1);
}

TEST(OwnAddressTest, IsOnTheLoopbackIfTheServerListensEverywhere) {
  EXPECT_EQ(*OwnAddress("0.0.0.0:50051"), "127.0.0.1:50051");
  EXPECT_EQ(*OwnAddress("[::]:50051"), "[::1]:50051");
  EXPECT_EQ(*OwnAddress("10.0.0.1:50051"), "10.0.0.1:50051");
}

TEST(OwnAddressTest, RefusesWhatNobodyCanKnow) {
  EXPECT_THAT(
      OwnAddress("127.0.0.1:0"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("port 0")));
  EXPECT_THAT(
      OwnAddress("nonsense"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--listen")));
}

}  // namespace
}  // namespace stagecoach
