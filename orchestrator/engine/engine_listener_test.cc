// What the engine tells others of its runs.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"
#include "services/common/base/trace_parent.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EngineListenerTest : public EngineFixture {
 protected:
  EngineListenerTest() {
    engine_->SetListener([this](const v1::Run& run, bool created,
                                const std::vector<v1::RunEvent>& events) {
      // What is told is there.
      EXPECT_EQ(Stored(run.id()).state(), run.state());
      told_.push_back(absl::StrCat(created ? "created " : "",
                                   v1::RunState_Name(run.state()), " ",
                                   events.size()));
    });
  }

  std::vector<std::string> told_;
};

TEST_F(EngineListenerTest, ItIsToldEachTransitionOnce) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  EXPECT_THAT(told_, ElementsAre("created RUN_STATE_RUNNING 2"));
  Succeed("r/load/1");
  Succeed("r/train/1");
  EXPECT_THAT(told_,
              ElementsAre("created RUN_STATE_RUNNING 2", "RUN_STATE_RUNNING 2",
                          "RUN_STATE_SUCCEEDED 2"));
}

TEST_F(EngineListenerTest, WhatIsNotDurableIsNotTold) {
  store_.FailCommitsForTest(absl::UnavailableError("disk is away"));
  Submit(TestRun(ChainPipeline(), "r"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(EngineListenerTest, NothingIsKeptOfARunThatHasEnded) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  const std::weak_ptr<RunFeed> feed = engine_->feeds().Find("r");
  ASSERT_FALSE(feed.expired());
  Succeed("r/load/1");
  Succeed("r/train/1");
  EXPECT_TRUE(feed.expired());
}

TEST_F(EngineListenerTest, AnAttemptIsCalledWithASpanOfItsOwnInTheRunsTrace) {
  v1::Run run = TestRun(ChainPipeline(), "r");
  run.set_trace_parent(NewSpan(""));
  ASSERT_OK(*Submit(run));
  Succeed("r/load/1");
  ASSERT_EQ(fleet_->executes().size(), 2u);
  EXPECT_EQ(fleet_->executes()[0].trace_parent,
            ChildSpan(run.trace_parent(), "r/load/1"));
  EXPECT_EQ(fleet_->executes()[1].trace_parent,
            ChildSpan(run.trace_parent(), "r/train/1"));
}

}  // namespace
}  // namespace stagecoach
