#include "orchestrator/engine/times.h"

#include "gtest/gtest.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

google::protobuf::Timestamp At(int milliseconds) {
  return ToTimestamp(kStart + absl::Milliseconds(milliseconds));
}
google::protobuf::Duration Ms(int milliseconds) {
  return ToProtoDuration(absl::Milliseconds(milliseconds));
}

// Created at 0; ready at 1; waits until 5; attempt of 10 ms, 2 of them
// dispatch; ends at 17.
v1::Run OneStepRun() {
  v1::Run run;
  *run.mutable_create_time() = At(0);
  *run.mutable_end_time() = At(17);
  v1::Step* step = run.add_steps();
  *step->mutable_ready_time() = At(1);
  v1::Attempt* attempt = step->add_attempts();
  *attempt->mutable_start_time() = At(5);
  *attempt->mutable_end_time() = At(15);
  *attempt->mutable_dispatch() = Ms(1);
  *attempt->mutable_times()->mutable_queue() = Ms(1);
  *attempt->mutable_times()->mutable_read() = Ms(2);
  *attempt->mutable_times()->mutable_compute() = Ms(3);
  *attempt->mutable_times()->mutable_write() = Ms(3);
  return run;
}

TEST(TimesTest, ThePartsOfAChainAddUpToItsWallTime) {
  const v1::RunTimes times = RunTimesOf(OneStepRun());
  EXPECT_EQ(FromProtoDuration(times.wall()), absl::Milliseconds(17));
  EXPECT_EQ(FromProtoDuration(times.queue()), absl::Milliseconds(4));
  EXPECT_EQ(FromProtoDuration(times.dispatch()), absl::Milliseconds(2));
  EXPECT_EQ(FromProtoDuration(times.read()), absl::Milliseconds(2));
  EXPECT_EQ(FromProtoDuration(times.compute()), absl::Milliseconds(3));
  EXPECT_EQ(FromProtoDuration(times.write()), absl::Milliseconds(3));
  EXPECT_EQ(FromProtoDuration(times.commit()), absl::Milliseconds(3));
}

TEST(TimesTest, TheWaitBeforeARetryCountsAsQueue) {
  v1::Run run = OneStepRun();
  v1::Attempt* second = run.mutable_steps(0)->add_attempts();
  *second->mutable_start_time() = At(16);
  *second->mutable_end_time() = At(17);
  EXPECT_EQ(FromProtoDuration(RunTimesOf(run).queue()), absl::Milliseconds(5));
}

TEST(TimesTest, AStepThatNeverGotASlotWasQueueing) {
  v1::Run run = OneStepRun();
  v1::Step* step = run.mutable_steps(0);
  step->clear_attempts();
  *step->mutable_state_time() = At(11);
  EXPECT_EQ(FromProtoDuration(RunTimesOf(run).queue()), absl::Milliseconds(10));
}

TEST(TimesTest, AStepTakenOverFromAnotherRunCountsNothing) {
  v1::Run run = OneStepRun();
  run.mutable_steps(0)->set_reused_from_run("other");
  EXPECT_EQ(FromProtoDuration(RunTimesOf(run).compute()), absl::ZeroDuration());
}

TEST(TimesTest, WorkIsWhatTheStagesDo) {
  EXPECT_EQ(WorkOf(RunTimesOf(OneStepRun())), absl::Milliseconds(8));
}

}  // namespace
}  // namespace stagecoach
