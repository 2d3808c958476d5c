#include "orchestrator/fleet/replica_condition.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

std::shared_ptr<v1::StageDescription> TrainDescription() {
  auto description = std::make_shared<v1::StageDescription>();
  description->set_name("train");
  description->set_version("1.0.0");
  description->set_documentation("Trains.");
  description->set_slots(1);
  return description;
}

ReplicaFacts ServingFacts() {
  ReplicaFacts facts;
  facts.connection = ReplicaFacts::Connection::kUp;
  facts.healthy = true;
  facts.described = absl::OkStatus();
  facts.description = TrainDescription();
  return facts;
}

TEST(ReplicaConditionTest, ServesWhenHealthyAndDescribed) {
  const ReplicaCondition condition = Judge(ServingFacts(), "train");
  EXPECT_EQ(condition.state, ReplicaState::kServing) << condition.reason;
  EXPECT_EQ(condition.reason, "");
  EXPECT_EQ(condition.description->name(), "train");
}

TEST(ReplicaConditionTest, ConnectsUntilBothAnswersAreThere) {
  EXPECT_EQ(Judge(ReplicaFacts(), "train").state, ReplicaState::kConnecting);
  ReplicaFacts facts = ServingFacts();
  facts.described.reset();
  EXPECT_EQ(Judge(facts, "train").state, ReplicaState::kConnecting);
  facts = ServingFacts();
  facts.healthy.reset();
  EXPECT_EQ(Judge(facts, "train").state, ReplicaState::kConnecting);
}

TEST(ReplicaConditionTest, KeepsTheDescriptionOfAReplicaThatIsLost) {
  ReplicaFacts facts = ServingFacts();
  facts.connection = ReplicaFacts::Connection::kDown;
  facts.trouble = absl::UnavailableError("Socket closed");
  const ReplicaCondition condition = Judge(facts, "train");
  EXPECT_EQ(condition.state, ReplicaState::kUnreachable);
  EXPECT_EQ(condition.reason, "connection closed");
  EXPECT_NE(condition.description, nullptr);
}

TEST(ReplicaConditionTest, ServesNotWithoutAHealthService) {
  ReplicaFacts facts;
  facts.connection = ReplicaFacts::Connection::kDown;
  facts.trouble = absl::UnimplementedError("");
  const ReplicaCondition condition = Judge(facts, "train");
  EXPECT_EQ(condition.state, ReplicaState::kNotServing);
  EXPECT_THAT(condition.reason, HasSubstr("grpc.health.v1.Health"));
}

TEST(ReplicaConditionTest, SaysThatHealthIsNotServing) {
  ReplicaFacts facts = ServingFacts();
  facts.healthy = false;
  const ReplicaCondition condition = Judge(facts, "train");
  EXPECT_EQ(condition.state, ReplicaState::kNotServing);
  EXPECT_THAT(condition.reason, HasSubstr("NOT_SERVING"));
}

TEST(ReplicaConditionTest, IsNotUsedForAnotherStage) {
  const ReplicaCondition condition = Judge(ServingFacts(), "load");
  EXPECT_EQ(condition.state, ReplicaState::kNotServing);
  EXPECT_THAT(condition.reason,
              HasSubstr("it is stage \"train\", not \"load\""));
  EXPECT_EQ(condition.description, nullptr);
}

TEST(ReplicaConditionTest, IsNotUsedWithoutSlots) {
  ReplicaFacts facts = ServingFacts();
  auto description = TrainDescription();
  description->set_slots(0);
  facts.description = description;
  EXPECT_THAT(Judge(facts, "train").reason, HasSubstr("slots 0"));
}

TEST(ReplicaConditionTest, IsNotUsedWithADescriptionThatMakesNoSense) {
  ReplicaFacts facts = ServingFacts();
  auto description = TrainDescription();
  description->add_inputs()->set_name("not a name");
  facts.description = description;
  const ReplicaCondition condition = Judge(facts, "train");
  EXPECT_EQ(condition.state, ReplicaState::kNotServing);
  EXPECT_THAT(condition.reason, HasSubstr("not valid"));
}

TEST(ReplicaConditionTest, SaysWhyDescribeFailed) {
  ReplicaFacts facts = ServingFacts();
  facts.described = absl::UnimplementedError("no such method");
  const ReplicaCondition condition = Judge(facts, "train");
  EXPECT_EQ(condition.state, ReplicaState::kNotServing);
  EXPECT_THAT(condition.reason,
              HasSubstr("Describe failed: UNIMPLEMENTED: no such method"));
}

TEST(ReplicaConditionTest, EveryStateHasAName) {
  for (const ReplicaState state : kReplicaStates) {
    EXPECT_NE(ReplicaStateName(state), "unknown");
  }
}

TEST(ConnectionProblemTest, SaysInAWordWhatGrpcWraps) {
  EXPECT_EQ(ConnectionProblem(absl::UnavailableError(
                "failed to connect to all addresses; last error: UNKNOWN: "
                "ipv4:127.0.0.1:1: Failed to connect to remote host: "
                "Connection refused")),
            "connection refused");
  EXPECT_EQ(ConnectionProblem(absl::UnavailableError("Socket closed")),
            "connection closed");
}

TEST(ConnectionProblemTest, KeepsWhatItDoesNotKnow) {
  EXPECT_EQ(ConnectionProblem(absl::UnimplementedError("what is that?")),
            "UNIMPLEMENTED: what is that?");
}

}  // namespace
}  // namespace stagecoach
