// The contract of CoordinationStore, held against every store that can be
// shared.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kLong = absl::Hours(1);

std::vector<StoreKind> SharedKinds() {
  std::vector<StoreKind> kinds = AllStoreKinds();
  std::erase_if(kinds,
                [](const StoreKind& kind) { return kind.name == "Sqlite"; });
  return kinds;
}

class CoordinationStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  CoordinationStoreContract() {
    for (const char* holder : {"a", "b"}) {
      EXPECT_OK(store_->RenewLease(holder, kLong));
    }
  }

  v1::Run InsertHeld(absl::string_view id, const std::string& holder,
                     int seconds = 0, const std::string& pipeline = "airline") {
    v1::Run run = SomeRun(id, seconds);
    run.set_holder(holder);
    run.set_pipeline_name(pipeline);
    EXPECT_OK(CommitOne(*store_, Insert(run)));
    return run;
  }

  // The runs of `holder` that have a place after these requests.
  std::vector<std::string> Give(absl::string_view holder,
                                const std::vector<PlaceRequest>& requests) {
    const auto places = coordination_->GivePlaces(holder, requests);
    EXPECT_OK(places);
    std::vector<std::string> ids;
    for (const Place& place : *places) ids.push_back(place.run_id);
    return ids;
  }

  const std::unique_ptr<Store> store_ = GetParam().open(NewTestDirectory());
  CoordinationStore* const coordination_ =
      dynamic_cast<CoordinationStore*>(store_.get());
};

INSTANTIATE_TEST_SUITE_P(Stores, CoordinationStoreContract,
                         testing::ValuesIn(SharedKinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(CoordinationStoreContract, RunsOfAllHoldersShareThePlacesOfAPipeline) {
  const v1::Run first = InsertHeld("a-1", "a", 1);
  InsertHeld("a-2", "a", 2);
  InsertHeld("b-1", "b", 3);
  EXPECT_THAT(Give("a", {{"a-1", 1}, {"a-2", 1}}), ElementsAre("a-1"));
  EXPECT_THAT(Give("b", {{"b-1", 1}}), IsEmpty());
  // One that runs has its place, and is not told of it any more.
  ASSERT_OK(CommitOne(*store_, Update(first, v1::RUN_STATE_RUNNING)));
  EXPECT_THAT(Give("a", {}), IsEmpty());
  ASSERT_OK(CommitOne(*store_, Update(first, v1::RUN_STATE_SUCCEEDED)));
  EXPECT_THAT(Give("b", {}), IsEmpty());  // it went to the older one
  EXPECT_THAT(Give("a", {}), ElementsAre("a-2"));
}

TEST_P(CoordinationStoreContract, PlacesGoByPriorityThenByAgeWhoeverHoldsIt) {
  const v1::Run first = InsertHeld("first", "a", 0);
  EXPECT_THAT(Give("a", {{"first", 1}}), ElementsAre("first"));
  ASSERT_OK(CommitOne(*store_, Update(first, v1::RUN_STATE_RUNNING)));
  const v1::Run late = InsertHeld("late", "a", 3);
  const v1::Run early = InsertHeld("early", "b", 2);
  const v1::Run urgent = InsertHeld("urgent", "b", 4);
  EXPECT_THAT(Give("a", {{"late", 1}}), IsEmpty());
  EXPECT_THAT(Give("b", {{"early", 1}, {"urgent", 1, /*priority=*/1}}),
              IsEmpty());
  ASSERT_OK(CommitOne(*store_, Update(first, v1::RUN_STATE_FAILED)));
  EXPECT_THAT(Give("a", {}), IsEmpty());
  EXPECT_THAT(Give("b", {}), ElementsAre("urgent"));
  ASSERT_OK(CommitOne(*store_, Update(urgent, v1::RUN_STATE_FAILED)));
  EXPECT_THAT(Give("b", {}), ElementsAre("early"));
  ASSERT_OK(CommitOne(*store_, Update(early, v1::RUN_STATE_FAILED)));
  EXPECT_THAT(Give("a", {}), ElementsAre("late"));
}

TEST_P(CoordinationStoreContract, EachRunIsHeldAgainstItsOwnLimit) {
  for (const char* id : {"1", "2", "3", "4"}) InsertHeld(id, "a", id[0]);
  // The second has to wait for the first, and keeps its place in the line.
  EXPECT_THAT(Give("a", {{"1", 1}, {"2", 1}, {"3", 3}, {"4", 3}}),
              ElementsAre("1"));
  ASSERT_OK(CommitOne(*store_,
                      Update(*store_->GetRun("2"), v1::RUN_STATE_CANCELLED)));
  EXPECT_THAT(Give("a", {}), UnorderedElementsAre("1", "3", "4"));
}

TEST_P(CoordinationStoreContract, PipelinesDoNotWaitForEachOther) {
  InsertHeld("a-1", "a", 1, "p");
  InsertHeld("a-2", "a", 2, "p");
  InsertHeld("a-3", "a", 3, "q");
  EXPECT_THAT(Give("a", {{"a-1", 1}, {"a-2", 1}, {"a-3", 1}}),
              UnorderedElementsAre("a-1", "a-3"));
}

TEST_P(CoordinationStoreContract, ARunPausedBeforeItsStartLeavesItsPlace) {
  v1::Run run = InsertHeld("a-1", "a", 1);
  InsertHeld("b-1", "b", 2);
  EXPECT_THAT(Give("a", {{"a-1", 1}}), ElementsAre("a-1"));
  EXPECT_THAT(Give("b", {{"b-1", 1}}), IsEmpty());
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_PAUSED)));
  EXPECT_THAT(Give("b", {}), ElementsAre("b-1"));
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_PENDING)));
  EXPECT_THAT(Give("a", {{"a-1", 1}}), IsEmpty());
}

TEST_P(CoordinationStoreContract, ARunPausedAfterItsStartKeepsItsPlace) {
  v1::Run run = InsertHeld("a-1", "a", 1);
  InsertHeld("b-1", "b", 2);
  EXPECT_THAT(Give("a", {{"a-1", 1}}), ElementsAre("a-1"));
  run.mutable_start_time()->set_seconds(1);
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_PAUSED)));
  EXPECT_THAT(Give("b", {{"b-1", 1}}), IsEmpty());
}

TEST_P(CoordinationStoreContract, ARunThatChangesHandsKeepsItsPlace) {
  InsertHeld("a-1", "a", 1);
  InsertHeld("b-1", "b", 2);
  EXPECT_THAT(Give("a", {{"a-1", 1}}), ElementsAre("a-1"));
  ASSERT_OK(store_->ReleaseLease("a"));
  ASSERT_OK(store_->AcquireRuns("b", 100));
  EXPECT_THAT(Give("b", {{"b-1", 1}, {"a-1", 1}}), ElementsAre("a-1"));
}

TEST_P(CoordinationStoreContract, ARunWhoseHolderIsGoneWaitsForItsNext) {
  InsertHeld("gone-1", "gone", 1);
  InsertHeld("b-1", "b", 2);
  EXPECT_THAT(Give("gone", {{"gone-1", 1}}), IsEmpty());
  EXPECT_THAT(Give("b", {{"b-1", 1}}), ElementsAre("b-1"));
}

TEST_P(CoordinationStoreContract, ARepeatedRequestKeepsThePlaceAndSaysWhich) {
  InsertHeld("a-1", "a");
  EXPECT_THAT(Give("a", {{"a-1", 1, 0, /*number=*/7}}), ElementsAre("a-1"));
  const auto again =
      coordination_->GivePlaces("a", {{"a-1", 1, 0, /*number=*/8}});
  ASSERT_OK(again);
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ((*again)[0].number, 8);
}

TEST_P(CoordinationStoreContract, OnlyTheHolderOfAPendingRunGetsAPlaceForIt) {
  const v1::Run run = InsertHeld("a-1", "a", 1);
  EXPECT_THAT(Give("b", {{"a-1", 1}, {"nobody", 1}}), IsEmpty());
  EXPECT_THAT(Give("a", {}), IsEmpty());
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_CANCELLED)));
  EXPECT_THAT(Give("a", {{"a-1", 1}}), IsEmpty());
}

TEST_P(CoordinationStoreContract, OneOfEqualStepsDoesTheWorkUntilItEnds) {
  const v1::Run first = InsertHeld("a-1", "a");
  InsertHeld("b-1", "b");
  EXPECT_THAT(coordination_->LeadWork("key", "a-1", 0), IsOkAndHolds(true));
  EXPECT_THAT(coordination_->LeadWork("key", "b-1", 1), IsOkAndHolds(false));
  EXPECT_THAT(coordination_->LeadWork("other", "b-1", 1), IsOkAndHolds(true));
  // Also if it asks again, or goes from one attempt to the next.
  EXPECT_THAT(coordination_->LeadWork("key", "a-1", 0), IsOkAndHolds(true));
  v1::Step step = SucceededStep(first, "load");
  step.mutable_cache()->set_key("key");
  step.set_state(v1::STEP_STATE_BACKING_OFF);
  ASSERT_OK(CommitOne(*store_, UpdateStep(first, 0, step)));
  EXPECT_THAT(coordination_->LeadWork("key", "b-1", 1), IsOkAndHolds(false));
  step.set_state(v1::STEP_STATE_SUCCEEDED);
  ASSERT_OK(CommitOne(*store_, UpdateStep(first, 0, step)));
  EXPECT_THAT(coordination_->LeadWork("key", "b-1", 1), IsOkAndHolds(true));
}

TEST_P(CoordinationStoreContract, AStepLeavesTheWorkWithTheEndOfItsRun) {
  const v1::Run run = InsertHeld("a-1", "a");
  InsertHeld("b-1", "b");
  EXPECT_THAT(coordination_->LeadWork("key", "a-1", 0), IsOkAndHolds(true));
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_CANCELLED)));
  EXPECT_THAT(coordination_->LeadWork("key", "b-1", 0), IsOkAndHolds(true));
  EXPECT_THAT(coordination_->LeadWork("other", "a-1", 0), IsOkAndHolds(false));
  EXPECT_THAT(coordination_->LeadWork("other", "nobody", 0),
              IsOkAndHolds(false));
}

TEST_P(CoordinationStoreContract, APausedRunKeepsOnlyTheWorkThatRuns) {
  v1::Run run = InsertHeld("a-1", "a");
  InsertHeld("b-1", "b");
  EXPECT_THAT(coordination_->LeadWork("runs", "a-1", 0), IsOkAndHolds(true));
  EXPECT_THAT(coordination_->LeadWork("waits", "a-1", 1), IsOkAndHolds(true));
  run.mutable_start_time()->set_seconds(1);
  RunWrite pause = Update(run, v1::RUN_STATE_PAUSED);
  v1::Step step = SucceededStep(run, "load");
  step.mutable_cache()->set_key("runs");
  step.set_state(v1::STEP_STATE_RUNNING);
  pause.steps.push_back({0, step});
  step.mutable_cache()->set_key("waits");
  step.set_state(v1::STEP_STATE_PENDING);
  pause.steps.push_back({1, step});
  ASSERT_OK(CommitOne(*store_, pause));
  EXPECT_THAT(coordination_->LeadWork("runs", "b-1", 0), IsOkAndHolds(false));
  EXPECT_THAT(coordination_->LeadWork("waits", "b-1", 0), IsOkAndHolds(true));
  EXPECT_THAT(coordination_->LeadWork("new", "a-1", 1), IsOkAndHolds(false));
}

}  // namespace
}  // namespace stagecoach
