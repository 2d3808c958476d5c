#include "orchestrator/fleet/fleet_errors.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::ReplicaStatus Replica(const std::string& address,
                          const std::string& reason) {
  v1::ReplicaStatus replica;
  replica.set_address(address);
  replica.set_reason(reason);
  return replica;
}

TEST(FleetErrorsTest, AnUnknownStageIsToldTheNearestName) {
  EXPECT_THAT(NoSuchStage("trian", {"load", "prepare", "train"}),
              StatusIs(absl::StatusCode::kNotFound,
                       testing::AllOf(HasSubstr("\"trian\""),
                                      HasSubstr("did you mean \"train\"?"))));
}

TEST(FleetErrorsTest, AnUnknownStageIsToldThatNoneIsConfigured) {
  EXPECT_THAT(NoSuchStage("train", {}),
              StatusIs(absl::StatusCode::kNotFound,
                       "stage \"train\" is not configured, nor is any other"));
}

TEST(FleetErrorsTest, EveryReplicasReasonIsNamed) {
  EXPECT_THAT(
      NoServingReplica("train", {Replica("a:1", "connection refused"),
                                 Replica("b:1", "draining")}),
      StatusIs(absl::StatusCode::kUnavailable,
               "stage \"train\" has no serving replica: a:1: connection "
               "refused; b:1: draining"));
}

TEST(FleetErrorsTest, OfManyReplicasTheFirstFiveAreNamed) {
  std::vector<v1::ReplicaStatus> replicas;
  for (int i = 0; i < 9; ++i) {
    replicas.push_back(Replica("r" + std::to_string(i), "draining"));
  }
  const absl::Status status = NoServingReplica("train", replicas);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("r4: draining; and 4 more")));
  EXPECT_THAT(status.message(), Not(HasSubstr("r5")));
}

TEST(FleetErrorsTest, AStageWithoutReplicasSaysSo) {
  EXPECT_THAT(NoServingReplica("train", {}),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("none has been found")));
}

TEST(FleetErrorsTest, BusyNamesTheStage) {
  EXPECT_THAT(
      EveryReplicaBusy("train"),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("\"train\"")));
}

}  // namespace
}  // namespace stagecoach
