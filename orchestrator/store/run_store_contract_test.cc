// The contract of RunStore, held against every store.

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/run_store.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RunStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  // Inserts `run`, then writes it as `state`.
  void InsertEnded(const v1::Run& run, v1::RunState state) {
    ASSERT_OK(CommitOne(*store_, Insert(run)));
    ASSERT_OK(CommitOne(*store_, Update(run, state)));
  }

  std::vector<std::string> ListIds(const RunFilter& filter) {
    const absl::StatusOr<RunPage> page = store_->ListRuns(filter);
    EXPECT_OK(page);
    std::vector<std::string> ids;
    for (const v1::Run& run : page->runs) ids.push_back(run.id());
    return ids;
  }

  std::vector<int64_t> Cursors(absl::string_view run_id) {
    const auto events = store_->ListEvents(run_id, 0, 1000);
    EXPECT_OK(events);
    std::vector<int64_t> cursors;
    for (const v1::RunEvent& event : *events) {
      cursors.push_back(event.cursor());
    }
    return cursors;
  }

  // Inserts a run whose step "load" has succeeded, and has a cache key.
  void InsertCached(absl::string_view id, const std::string& key,
                    int succeeded_at) {
    const v1::Run run = SomeRun(id);
    RunWrite write = Insert(run);
    v1::Step& step = write.steps[0].step;
    step = SucceededStep(run, "load");
    step.mutable_state_time()->set_seconds(succeeded_at);
    step.mutable_cache()->set_key(key);
    (*step.mutable_cache()->mutable_key_parts())["stage"] = "load";
    ASSERT_OK(CommitOne(*store_, write));
  }

  static std::vector<std::string> RunsOf(
      const absl::StatusOr<std::vector<CachedStep>>& steps) {
    EXPECT_OK(steps);
    std::vector<std::string> ids;
    for (const CachedStep& cached : *steps) ids.push_back(cached.run_id);
    return ids;
  }

  const std::unique_ptr<Store> store_ = GetParam().open(NewTestDirectory());
};

INSTANTIATE_TEST_SUITE_P(Stores, RunStoreContract,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(RunStoreContract, ReturnsARunAsItWasInserted) {
  const v1::Run run = SomeRun("airline-1");
  EXPECT_THAT(store_->Commit({Insert(run)}), ElementsAre(IsOk()));
  EXPECT_THAT(store_->GetRun("airline-1"), IsOkAndHolds(EqualsProto(run)));
}

TEST_P(RunStoreContract, AnUnknownRunIsNotFoundAndNamed) {
  EXPECT_THAT(store_->GetRun("nobody"),
              StatusIs(absl::StatusCode::kNotFound, "there is no run nobody"));
  EXPECT_THAT(
      CommitOne(*store_, Update(SomeRun("nobody"), v1::RUN_STATE_RUNNING)),
      StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->ListEvents("nobody", 0, 10), IsOkAndHolds(IsEmpty()));
}

TEST_P(RunStoreContract, AnUpdateKeepsPipelineAndUnmentionedSteps) {
  v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  RunWrite write = Update(run, v1::RUN_STATE_RUNNING);
  write.run.clear_pipeline();
  write.steps.push_back({1, SucceededStep(run, "train")});
  ASSERT_OK(CommitOne(*store_, write));
  run.set_state(v1::RUN_STATE_RUNNING);
  *run.mutable_steps(1) = SucceededStep(run, "train");
  EXPECT_THAT(store_->GetRun("airline-1"), IsOkAndHolds(EqualsProto(run)));
}

TEST_P(RunStoreContract, ProgressOfAStepIsNotKept) {
  v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  v1::Step step = run.steps(0);
  step.mutable_progress()->set_fraction(0.5);
  ASSERT_OK(CommitOne(*store_, UpdateStep(run, 0, step)));
  EXPECT_FALSE(store_->GetRun("airline-1")->steps(0).has_progress());
}

TEST_P(RunStoreContract, ARunMayGrowByStepsWhileItRuns) {
  v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  v1::Step third;
  third.set_name("forecast");
  ASSERT_OK(CommitOne(*store_, UpdateStep(run, 2, third)));
  EXPECT_THAT(store_->GetRun("airline-1")->steps(), SizeIs(3));
}

TEST_P(RunStoreContract, IdsAreTakenOnce) {
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("airline-1"))));
  EXPECT_THAT(CommitOne(*store_, Insert(SomeRun("airline-1"))),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       "there is a run airline-1 already"));
}

TEST_P(RunStoreContract, AnIdempotencyKeyBelongsToOneRun) {
  v1::Run first = SomeRun("airline-1");
  first.set_idempotency_key("key");
  v1::Run second = SomeRun("airline-2");
  second.set_idempotency_key("key");
  EXPECT_THAT(store_->Commit({Insert(first), Insert(second)}),
              ElementsAre(IsOk(), StatusIs(absl::StatusCode::kAlreadyExists,
                                           HasSubstr("run airline-1"))));
  EXPECT_THAT(store_->GetRun("airline-2"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->FindRunByKey("key"),
              IsOkAndHolds(Optional(AllOf(
                  Field(&KeyedRun::run_id, "airline-1"),
                  Field(&KeyedRun::request_digest, "digest of airline-1")))));
  EXPECT_THAT(store_->FindRunByKey("other"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_P(RunStoreContract, RunsWithoutAKeyDoNotMeet) {
  EXPECT_THAT(store_->Commit({Insert(SomeRun("a")), Insert(SomeRun("b"))}),
              ElementsAre(IsOk(), IsOk()));
}

TEST_P(RunStoreContract, OneRefusedWriteDoesNotTouchTheOthers) {
  const v1::Run first = SomeRun("airline-1");
  const v1::Run second = SomeRun("airline-2");
  ASSERT_OK(CommitOne(*store_, Insert(first)));
  RunWrite refused = Insert(first);
  refused.steps[0].step.set_state(v1::STEP_STATE_FAILED);
  refused.events.push_back(SomeEvent(v1::RUN_STATE_FAILED));
  refused.reads.push_back({"pvc://artifacts/x", "load", "source"});
  EXPECT_THAT(store_->Commit({Insert(second), refused,
                              Update(SomeRun("nobody"), v1::RUN_STATE_RUNNING),
                              Update(first, v1::RUN_STATE_RUNNING)}),
              ElementsAre(IsOk(), StatusIs(absl::StatusCode::kAlreadyExists),
                          StatusIs(absl::StatusCode::kNotFound), IsOk()));
  EXPECT_OK(store_->GetRun("airline-2"));
  const absl::StatusOr<v1::Run> stored = store_->GetRun("airline-1");
  EXPECT_EQ(stored->state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(stored->steps(0).state(), v1::STEP_STATE_PENDING);
  EXPECT_THAT(Cursors("airline-1"), ElementsAre(1, 2));
  EXPECT_THAT(store_->FindArtifactUses("pvc://artifacts/x"),
              IsOkAndHolds(IsEmpty()));
}

TEST_P(RunStoreContract, WritesOfOneBatchSeeThoseBefore) {
  const v1::Run run = SomeRun("airline-1");
  EXPECT_THAT(store_->Commit({Insert(run), Update(run, v1::RUN_STATE_SUCCEEDED),
                              Update(run, v1::RUN_STATE_FAILED)}),
              ElementsAre(IsOk(), IsOk(),
                          StatusIs(absl::StatusCode::kFailedPrecondition)));
  EXPECT_EQ(store_->GetRun("airline-1")->state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_P(RunStoreContract, AnEmptyBatchIsFine) {
  EXPECT_THAT(store_->Commit({}), IsEmpty());
}

TEST_P(RunStoreContract, ATerminalStateNeverChanges) {
  constexpr v1::RunState kStates[] = {
      v1::RUN_STATE_PENDING,   v1::RUN_STATE_RUNNING, v1::RUN_STATE_STOPPING,
      v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED,  v1::RUN_STATE_CANCELLED};
  for (const v1::RunState end : {v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED,
                                 v1::RUN_STATE_CANCELLED}) {
    const v1::Run run = SomeRun(absl::StrCat("run-", end));
    InsertEnded(run, end);
    for (const v1::RunState state : kStates) {
      const absl::Status status = CommitOne(*store_, Update(run, state));
      if (state == end) {
        EXPECT_OK(status);
      } else {
        EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
      }
      EXPECT_EQ(store_->GetRun(run.id())->state(), end);
    }
  }
}

TEST_P(RunStoreContract, AnOlderLeaseEpochIsAborted) {
  v1::Run run = SomeRun("airline-1");
  run.set_lease_epoch(7);
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  run.set_lease_epoch(6);
  EXPECT_THAT(CommitOne(*store_, Update(run, v1::RUN_STATE_RUNNING)),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("epoch 7")));
  run.set_lease_epoch(8);
  EXPECT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_RUNNING)));
  run.set_lease_epoch(7);
  EXPECT_THAT(CommitOne(*store_, Update(run, v1::RUN_STATE_STOPPING)),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("epoch 8")));
}

TEST_P(RunStoreContract, EventsHaveCursorsWithoutGaps) {
  const v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  RunWrite write = Update(run, v1::RUN_STATE_RUNNING);
  write.events.push_back(SomeEvent(v1::RUN_STATE_STOPPING));
  write.events[0].set_cursor(77);  // the store's to give
  ASSERT_OK(CommitOne(*store_, write));
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_FAILED)));
  EXPECT_THAT(Cursors("airline-1"), ElementsAre(1, 2, 3, 4));
  const auto rest = store_->ListEvents("airline-1", 2, 1);
  ASSERT_OK(rest);
  v1::RunEvent expected = SomeEvent(v1::RUN_STATE_STOPPING);
  expected.set_cursor(3);
  EXPECT_THAT(*rest, ElementsAre(EqualsProto(expected)));
  EXPECT_THAT(store_->ListEvents("airline-1", int64_t{1} << 40, 10),
              IsOkAndHolds(IsEmpty()));
}

TEST_P(RunStoreContract, EventsOfRunsAreKeptApart) {
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("a"))));
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("b"))));
  ASSERT_OK(CommitOne(*store_, Update(SomeRun("a"), v1::RUN_STATE_RUNNING)));
  EXPECT_THAT(Cursors("a"), ElementsAre(1, 2));
  EXPECT_THAT(Cursors("b"), ElementsAre(1));
}

TEST_P(RunStoreContract, ListsNewestFirst) {
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("old", 10))));
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("new", 30))));
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("between", 20))));
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("between-too", 20))));
  EXPECT_THAT(ListIds({}), ElementsAre("new", "between-too", "between", "old"));
}

TEST_P(RunStoreContract, AListLeavesOutWhatIsLarge) {
  v1::Run run = SomeRun("airline-1");
  *run.mutable_steps(0) = SucceededStep(run, "load");
  (*run.mutable_outputs())["data"] = run.steps(0).outputs(0);
  (*run.mutable_parameters())["epochs"].set_integer_value(3);
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  run.clear_pipeline();
  run.clear_outputs();
  run.mutable_steps(0)->clear_attempts();
  run.mutable_steps(0)->clear_outputs();
  const absl::StatusOr<RunPage> page = store_->ListRuns({});
  ASSERT_OK(page);
  EXPECT_THAT(page->runs, ElementsAre(EqualsProto(run)));
  EXPECT_EQ(page->next_page_token, "");
}

TEST_P(RunStoreContract, ListsByPipelineAndState) {
  v1::Run other = SomeRun("other-1", 1);
  other.set_pipeline_name("other");
  v1::Run other_ended = SomeRun("other-2", 2);
  other_ended.set_pipeline_name("other");
  ASSERT_OK(CommitOne(*store_, Insert(other)));
  InsertEnded(other_ended, v1::RUN_STATE_FAILED);
  InsertEnded(SomeRun("airline-1", 3), v1::RUN_STATE_FAILED);
  RunFilter filter;
  filter.state = v1::RUN_STATE_FAILED;
  EXPECT_THAT(ListIds(filter), ElementsAre("airline-1", "other-2"));
  filter.pipeline = "other";
  EXPECT_THAT(ListIds(filter), ElementsAre("other-2"));
  filter.state = v1::RUN_STATE_UNSPECIFIED;
  EXPECT_THAT(ListIds(filter), ElementsAre("other-2", "other-1"));
  filter.pipeline = "unknown";
  EXPECT_THAT(ListIds(filter), IsEmpty());
}

TEST_P(RunStoreContract, ListsByTheTimeOfCreation) {
  for (int i = 0; i < 6; ++i) {
    ASSERT_OK(CommitOne(*store_, Insert(SomeRun(absl::StrCat("r", i), i / 2))));
  }
  const auto at = [](int seconds) {
    return absl::FromUnixSeconds(SomeRun("r", seconds).create_time().seconds());
  };
  RunFilter filter;
  filter.created_after = at(1);
  EXPECT_THAT(ListIds(filter), ElementsAre("r5", "r4", "r3", "r2"));
  filter.created_before = at(2);
  EXPECT_THAT(ListIds(filter), ElementsAre("r3", "r2"));
  filter.pipeline = "airline";
  filter.state = v1::RUN_STATE_PENDING;
  EXPECT_THAT(ListIds(filter), ElementsAre("r3", "r2"));
  filter.page_size = 1;
  filter.page_token = store_->ListRuns(filter)->next_page_token;
  EXPECT_THAT(ListIds(filter), ElementsAre("r2"));
  EXPECT_EQ(store_->ListRuns(filter)->next_page_token, "");
  filter = {};
  filter.created_before = at(0);
  EXPECT_THAT(ListIds(filter), IsEmpty());
}

TEST_P(RunStoreContract, PagesHaveNoGapsOrRepeatsWhileRunsAreInserted) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    // Several of the same instant, so that pages end among them.
    ASSERT_OK(CommitOne(*store_, Insert(SomeRun(absl::StrCat("r", i), i / 4))));
    expected.insert(expected.begin(), absl::StrCat("r", i));
  }
  RunFilter filter;
  filter.page_size = 3;
  std::vector<std::string> seen;
  for (int page_number = 0;; ++page_number) {
    const absl::StatusOr<RunPage> page = store_->ListRuns(filter);
    ASSERT_OK(page);
    for (const v1::Run& run : page->runs) seen.push_back(run.id());
    ASSERT_OK(CommitOne(
        *store_, Insert(SomeRun(absl::StrCat("newer", page_number), 100))));
    filter.page_token = page->next_page_token;
    if (filter.page_token.empty()) break;
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(RunStoreContract, APageThatIsExactlyFullIsTheLast) {
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("a"))));
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("b"))));
  RunFilter filter;
  filter.page_size = 2;
  EXPECT_EQ(store_->ListRuns(filter)->next_page_token, "");
}

TEST_P(RunStoreContract, RefusesPagesThatCannotBe) {
  RunFilter filter;
  filter.page_token = "nonsense";
  EXPECT_THAT(store_->ListRuns(filter),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("page_token \"nonsense\"")));
  for (const int size : {-1, 0, 1001}) {
    filter = {};
    filter.page_size = size;
    EXPECT_THAT(store_->ListRuns(filter),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("from 1 to 1000")));
  }
}

TEST_P(RunStoreContract, UnfinishedRunsComeWholeAndOldestFirst) {
  const v1::Run running = SomeRun("running", 2);
  const v1::Run pending = SomeRun("pending", 1);
  const v1::Run stopping = SomeRun("stopping", 3);
  const v1::Run paused = SomeRun("paused", 4);
  ASSERT_OK(CommitOne(*store_, Insert(pending)));
  InsertEnded(stopping, v1::RUN_STATE_STOPPING);
  InsertEnded(paused, v1::RUN_STATE_PAUSED);
  InsertEnded(running, v1::RUN_STATE_RUNNING);
  InsertEnded(SomeRun("succeeded"), v1::RUN_STATE_SUCCEEDED);
  InsertEnded(SomeRun("failed"), v1::RUN_STATE_FAILED);
  InsertEnded(SomeRun("cancelled"), v1::RUN_STATE_CANCELLED);
  const auto runs = store_->UnfinishedRuns();
  ASSERT_OK(runs);
  ASSERT_THAT(*runs, SizeIs(4));
  EXPECT_THAT((*runs)[0], EqualsProto(pending));
  EXPECT_EQ((*runs)[1].id(), "running");
  EXPECT_EQ((*runs)[2].id(), "stopping");
  EXPECT_THAT((*runs)[2].steps(), SizeIs(2));
  EXPECT_EQ((*runs)[3].id(), "paused");
}

TEST_P(RunStoreContract, OutputsOfSucceededStepsAreRecorded) {
  const v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  v1::Step step = SucceededStep(run, "train");
  step.mutable_attempts(0)->set_state(v1::ATTEMPT_STATE_LOST);
  v1::Attempt& second = *step.add_attempts();
  second.set_number(2);
  second.set_state(v1::ATTEMPT_STATE_SUCCEEDED);
  ASSERT_OK(CommitOne(*store_, UpdateStep(run, 1, step)));
  v1::RecordedArtifact expected;
  *expected.mutable_artifact() = step.outputs(0);
  expected.set_run_id("airline-1");
  expected.set_step("train");
  expected.set_attempt(2);
  EXPECT_THAT(store_->FindArtifact(OutputUri("airline-1", "train")),
              IsOkAndHolds(EqualsProto(expected)));
  EXPECT_THAT(store_->FindArtifact("pvc://artifacts/other"),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("pvc://artifacts/other")));
}

TEST_P(RunStoreContract, OutputsOfOtherStepsAreNotRecorded) {
  const v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  v1::Step failed = SucceededStep(run, "load");
  failed.set_state(v1::STEP_STATE_FAILED);
  v1::Step reused = SucceededStep(run, "train");
  reused.set_reused_from_run("airline-0");
  ASSERT_OK(CommitOne(*store_, UpdateStep(run, 0, failed)));
  ASSERT_OK(CommitOne(*store_, UpdateStep(run, 1, reused)));
  for (const char* step : {"load", "train"}) {
    EXPECT_THAT(store_->FindArtifact(OutputUri("airline-1", step)),
                StatusIs(absl::StatusCode::kNotFound));
  }
}

TEST_P(RunStoreContract, ReadsOfAnArtifactAreKeptOnceAcrossRuns) {
  for (const char* id : {"a", "b"}) {
    RunWrite write = Insert(SomeRun(id));
    write.reads = {{"pvc://artifacts/x", "load", "source"},
                   {"pvc://artifacts/x", "load", "source"},
                   {"pvc://artifacts/y", "load", "other"}};
    ASSERT_OK(CommitOne(*store_, write));
  }
  v1::ArtifactUse by_a;
  by_a.set_run_id("a");
  by_a.set_step("load");
  by_a.set_input("source");
  v1::ArtifactUse by_b = by_a;
  by_b.set_run_id("b");
  EXPECT_THAT(
      store_->FindArtifactUses("pvc://artifacts/x"),
      IsOkAndHolds(UnorderedElementsAre(EqualsProto(by_a), EqualsProto(by_b))));
}

TEST_P(RunStoreContract, StepsWithACacheKeyAreFoundNewestFirst) {
  for (int i = 0; i < 3; ++i) {
    InsertCached(absl::StrCat("r", i), "key", /*succeeded_at=*/i == 1 ? 9 : i);
  }
  InsertCached("other", "other key", 5);
  EXPECT_THAT(RunsOf(store_->FindCachedSteps("key", 10)),
              ElementsAre("r1", "r2", "r0"));
  EXPECT_THAT(RunsOf(store_->FindCachedSteps("key", 1)), ElementsAre("r1"));
  EXPECT_THAT(RunsOf(store_->FindCachedSteps("none", 1)), IsEmpty());
  EXPECT_THAT(RunsOf(store_->RecentCachedSteps("load", 3)),
              ElementsAre("r1", "other", "r2"));
  EXPECT_THAT(RunsOf(store_->RecentCachedSteps("train", 3)), IsEmpty());
  const CachedStep found = store_->FindCachedSteps("key", 1)->front();
  EXPECT_EQ(found.step.name(), "load");
  EXPECT_EQ(found.step.cache().key_parts().at("stage"), "load");
  EXPECT_EQ(found.step.outputs(0).uri(), OutputUri("r1", "load"));
  EXPECT_EQ(found.step.state_time().seconds(), 9);
}

TEST_P(RunStoreContract, OnlyWhatAStepHasDoneItselfIsCached) {
  const v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  v1::Step step = SucceededStep(run, "load");
  step.mutable_cache()->set_key("key");
  v1::Step failed = step;
  failed.set_state(v1::STEP_STATE_FAILED);
  v1::Step reused = step;
  reused.set_reused_from_run("airline-0");
  for (const v1::Step& other : {failed, reused}) {
    ASSERT_OK(CommitOne(*store_, UpdateStep(run, 0, other)));
    EXPECT_THAT(RunsOf(store_->FindCachedSteps("key", 1)), IsEmpty());
  }
}

TEST_P(RunStoreContract, CachedStepsGoWithTheirRun) {
  InsertCached("gone", "key", 2);
  InsertCached("kept", "key", 1);
  ASSERT_OK(CommitOne(*store_, Update(SomeRun("gone"), v1::RUN_STATE_FAILED)));
  ASSERT_OK(store_->DeleteRun("gone"));
  EXPECT_THAT(RunsOf(store_->FindCachedSteps("key", 10)), ElementsAre("kept"));
  EXPECT_THAT(RunsOf(store_->RecentCachedSteps("load", 10)),
              ElementsAre("kept"));
}

TEST_P(RunStoreContract, ADeletedRunLeavesNothingBehind) {
  v1::Run run = SomeRun("airline-1");
  run.set_idempotency_key("key");
  RunWrite write = Insert(run);
  write.steps[0].step = SucceededStep(run, "load");
  write.reads = {{"pvc://artifacts/x", "load", "source"}};
  ASSERT_OK(CommitOne(*store_, write));
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_FAILED)));
  ASSERT_OK(store_->DeleteRun("airline-1"));
  EXPECT_THAT(store_->GetRun("airline-1"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Cursors("airline-1"), IsEmpty());
  EXPECT_THAT(ListIds({}), IsEmpty());
  EXPECT_THAT(store_->FindRunByKey("key"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(store_->FindArtifact(OutputUri("airline-1", "load")),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->FindArtifactUses("pvc://artifacts/x"),
              IsOkAndHolds(IsEmpty()));
  EXPECT_OK(CommitOne(*store_, Insert(run)));
  EXPECT_THAT(Cursors("airline-1"), ElementsAre(1));
}

TEST_P(RunStoreContract, DeletingOneRunLeavesTheOthers) {
  v1::Run kept = SomeRun("kept");
  v1::Run gone = SomeRun("gone");
  for (v1::Run* run : {&kept, &gone}) {
    RunWrite write = Insert(*run);
    write.reads = {{"pvc://artifacts/x", "load", "source"}};
    write.steps[0].step = SucceededStep(*run, "load");
    ASSERT_OK(CommitOne(*store_, write));
    ASSERT_OK(CommitOne(*store_, Update(*run, v1::RUN_STATE_SUCCEEDED)));
  }
  ASSERT_OK(store_->DeleteRun("gone"));
  EXPECT_THAT(ListIds({}), ElementsAre("kept"));
  EXPECT_THAT(Cursors("kept"), ElementsAre(1, 2));
  EXPECT_OK(store_->FindArtifact(OutputUri("kept", "load")));
  EXPECT_THAT(store_->FindArtifactUses("pvc://artifacts/x"),
              IsOkAndHolds(SizeIs(1)));
}

TEST_P(RunStoreContract, OnlyARunThatHasEndedCanBeDeleted) {
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("airline-1"))));
  EXPECT_THAT(
      store_->DeleteRun("airline-1"),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("PENDING")));
  EXPECT_OK(store_->GetRun("airline-1"));
  EXPECT_OK(store_->DeleteRun("nobody"));
}

TEST_P(RunStoreContract, ReadsSeeWholeTransitionsWhileOthersAreCommitted) {
  const v1::Run run = SomeRun("airline-1");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  constexpr int kWrites = 200;
  std::thread writer([&] {
    for (int i = 1; i <= kWrites; ++i) {
      RunWrite write = Update(run, v1::RUN_STATE_RUNNING);
      write.run.set_lease_epoch(i);
      for (int step : {0, 1}) {
        write.steps.push_back({step, run.steps(step)});
        write.steps.back().step.mutable_error()->set_message(absl::StrCat(i));
      }
      EXPECT_OK(CommitOne(*store_, write));
    }
  });
  for (int64_t epoch = 0; epoch < kWrites;) {
    const absl::StatusOr<v1::Run> seen = store_->GetRun("airline-1");
    ASSERT_OK(seen);
    ASSERT_GE(seen->lease_epoch(), epoch);
    epoch = seen->lease_epoch();
    const std::string expected = epoch == 0 ? "" : absl::StrCat(epoch);
    ASSERT_EQ(seen->steps(0).error().message(), expected);
    ASSERT_EQ(seen->steps(1).error().message(), expected);
  }
  writer.join();
}

}  // namespace
}  // namespace stagecoach
