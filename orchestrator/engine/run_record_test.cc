#include "orchestrator/engine/run_record.h"

#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/test_runs.h"

namespace stagecoach {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::Run RunWithDigest() {
  v1::Pipeline pipeline = ChainPipeline();
  pipeline.set_digest("d");
  return TestRun(pipeline, "r");
}

TEST(RunRecordTest, ARunIsTheSameAfterItWasPacked) {
  const v1::Run run = RunWithDigest();
  RunRecord record(run);
  record.Pack();
  EXPECT_TRUE(record.packed());
  EXPECT_TRUE(MessageDifferencer::Equals(record.run(), run));
  EXPECT_FALSE(record.packed());
}

TEST(RunRecordTest, ChangesAreKept) {
  RunRecord record(RunWithDigest());
  record.Pack();
  record.run().set_state(v1::RUN_STATE_PAUSED);
  record.Pack();
  record.Pack();  // has no effect
  EXPECT_EQ(record.run().state(), v1::RUN_STATE_PAUSED);
}

TEST(RunRecordTest, ThePipelineThatItSharesIsSharedAgain) {
  SharedPipelines pipelines;
  RunRecord first(RunWithDigest());
  RunRecord second(RunWithDigest());
  first.SharePipeline(pipelines);
  second.SharePipeline(pipelines);
  first.Pack();
  EXPECT_EQ(&first.run().pipeline(), &second.run().pipeline());
  EXPECT_EQ(first.run().pipeline().name(), "chain");
}

TEST(RunRecordTest, MayEndWhilePacked) {
  SharedPipelines pipelines;
  {
    RunRecord record(RunWithDigest());
    record.SharePipeline(pipelines);
    record.Pack();
    const RunRecord moved = std::move(record);
    EXPECT_TRUE(moved.packed());
  }
  EXPECT_EQ(pipelines.size(), 0u);
}

}  // namespace
}  // namespace stagecoach
