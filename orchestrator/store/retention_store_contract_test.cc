// The contract of RetentionStore, held against every store.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RetentionStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  // A run that has made the artifact OutputUri(id, "load"), has read `reads`,
  // and has succeeded.
  void InsertEnded(absl::string_view id, int seconds = 0,
                   const std::vector<ArtifactRead>& reads = {}) {
    v1::Run run = SomeRun(id, seconds);
    run.set_volume("artifacts");
    run.set_idempotency_key(absl::StrCat("key of ", id));
    RunWrite write = Insert(run);
    write.steps[0].step = SucceededStep(run, "load");
    write.reads = reads;
    ASSERT_OK(CommitOne(*store_, write));
    run.mutable_end_time()->set_seconds(2'000'000'000 + seconds);
    ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_SUCCEEDED)));
  }

  std::vector<std::string> Deletions() {
    const auto deletions = store_->PendingDeletions();
    EXPECT_OK(deletions);
    std::vector<std::string> all;
    for (const PendingDeletion& deletion : *deletions) {
      all.push_back(absl::StrCat(deletion.volume, ":", deletion.run_id));
    }
    return all;
  }

  const std::unique_ptr<Store> store_ = GetParam().open(NewTestDirectory());
};

INSTANTIATE_TEST_SUITE_P(Stores, RetentionStoreContract,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(RetentionStoreContract, AnArtifactStaysPinnedUntilItIsLetGo) {
  InsertEnded("a");
  InsertEnded("b");
  EXPECT_FALSE(store_->FindArtifact(OutputUri("a", "load"))->pinned());
  ASSERT_OK(store_->SetPinned(OutputUri("b", "load"), true));
  ASSERT_OK(store_->SetPinned(OutputUri("a", "load"), true));
  ASSERT_OK(store_->SetPinned(OutputUri("a", "load"), true));
  EXPECT_TRUE(store_->FindArtifact(OutputUri("a", "load"))->pinned());
  EXPECT_THAT(store_->PinnedArtifacts(),
              IsOkAndHolds(
                  ElementsAre(OutputUri("a", "load"), OutputUri("b", "load"))));
  ASSERT_OK(store_->SetPinned(OutputUri("a", "load"), false));
  ASSERT_OK(store_->SetPinned(OutputUri("a", "load"), false));
  EXPECT_FALSE(store_->FindArtifact(OutputUri("a", "load"))->pinned());
  EXPECT_THAT(store_->PinnedArtifacts(),
              IsOkAndHolds(ElementsAre(OutputUri("b", "load"))));
}

TEST_P(RetentionStoreContract, OnlyWhatARunHasRecordedCanBePinned) {
  EXPECT_THAT(
      store_->SetPinned("pvc://artifacts/x", true),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("pvc://artifacts/x")));
}

TEST_P(RetentionStoreContract, ListsWhatHasEndedWithItsArtifactsOldestFirst) {
  InsertEnded("new", 3);
  InsertEnded("old", 1);
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("pending", 2))));
  const auto page = store_->ListEndedRuns("", 10);
  ASSERT_OK(page);
  ASSERT_THAT(page->runs, SizeIs(2));
  EXPECT_EQ(page->next_page_token, "");
  const EndedRun& old = page->runs[0];
  EXPECT_EQ(old.run_id, "old");
  EXPECT_EQ(old.pipeline, "airline");
  EXPECT_EQ(old.volume, "artifacts");
  EXPECT_EQ(old.end_time, absl::FromUnixSeconds(2'000'000'001));
  ASSERT_THAT(old.artifacts, SizeIs(1));
  EXPECT_EQ(old.artifacts[0].uri(), OutputUri("old", "load"));
  EXPECT_EQ(old.artifacts[0].size_bytes(), 1234);
  EXPECT_EQ(page->runs[1].run_id, "new");
}

TEST_P(RetentionStoreContract, PagesOfWhatHasEndedHaveNoGapsOrRepeats) {
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i) {
    // Several of the same instant, so that pages end among them.
    expected.push_back(absl::StrCat("r", i));
    InsertEnded(expected.back(), i / 4);
  }
  std::vector<std::string> seen;
  std::string token;
  do {
    const auto page = store_->ListEndedRuns(token, 3);
    ASSERT_OK(page);
    for (const EndedRun& run : page->runs) seen.push_back(run.run_id);
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_EQ(seen, expected);
  EXPECT_THAT(store_->ListEndedRuns("nonsense", 3),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(store_->ListEndedRuns("", 0),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(RetentionStoreContract, ARunIsNeededByThoseThatReadItOrTookItOver) {
  InsertEnded("maker");
  InsertEnded("reader", 1, {{OutputUri("maker", "load"), "load", "source"}});
  InsertEnded("stranger", 2, {{"pvc://artifacts/x", "load", "source"}});
  v1::Run taker = SomeRun("taker", 3);
  *taker.mutable_steps(0) = SucceededStep(SomeRun("maker"), "load");
  taker.mutable_steps(0)->set_reused_from_run("maker");
  ASSERT_OK(CommitOne(*store_, Insert(taker)));
  EXPECT_THAT(store_->RunsThatNeed("maker"),
              IsOkAndHolds(ElementsAre("reader", "taker")));
  EXPECT_THAT(store_->RunsThatNeed("taker"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_->RunsThatNeed("nobody"), IsOkAndHolds(IsEmpty()));
  // That it was taken over is no input that somebody gave it.
  EXPECT_THAT(store_->FindArtifactUses(OutputUri("maker", "load")),
              IsOkAndHolds(SizeIs(1)));
}

TEST_P(RetentionStoreContract, ARunDoesNotNeedItself) {
  InsertEnded("a", 0, {{OutputUri("a", "load"), "train", "source"}});
  EXPECT_THAT(store_->RunsThatNeed("a"), IsOkAndHolds(IsEmpty()));
}

TEST_P(RetentionStoreContract, ADeletionIsRememberedUntilItIsFinished) {
  InsertEnded("a");
  InsertEnded("b");
  InsertEnded("kept");
  ASSERT_OK(store_->StartDeletion({"b"}));
  ASSERT_OK(store_->StartDeletion({"a", "nobody"}));
  EXPECT_THAT(store_->GetRun("a"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->FindArtifact(OutputUri("a", "load")),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->FindRunByKey("key of a"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_OK(store_->GetRun("kept"));
  EXPECT_THAT(Deletions(), ElementsAre("artifacts:b", "artifacts:a"));
  ASSERT_OK(store_->FinishDeletion("b"));
  ASSERT_OK(store_->FinishDeletion("b"));
  EXPECT_THAT(Deletions(), ElementsAre("artifacts:a"));
}

TEST_P(RetentionStoreContract, NothingIsDeletedThatAnotherRunNeeds) {
  InsertEnded("maker");
  InsertEnded("reader", 1, {{OutputUri("maker", "load"), "load", "source"}});
  InsertEnded("other");
  EXPECT_THAT(store_->StartDeletion({"other", "maker"}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("that run reader has used")));
  EXPECT_OK(store_->GetRun("other"));
  EXPECT_THAT(Deletions(), IsEmpty());
  ASSERT_OK(store_->StartDeletion({"maker", "reader", "other"}));
  EXPECT_THAT(Deletions(), SizeIs(3));
}

TEST_P(RetentionStoreContract, NothingIsDeletedThatRunsOrIsPinned) {
  InsertEnded("a");
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("pending"))));
  EXPECT_THAT(
      store_->StartDeletion({"a", "pending"}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("PENDING")));
  ASSERT_OK(store_->SetPinned(OutputUri("a", "load"), true));
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition,
                                HasSubstr("pinned; unpin it first"));
  EXPECT_THAT(store_->StartDeletion({"a"}), refused);
  EXPECT_THAT(store_->DeleteRun("a"), refused);
  EXPECT_OK(store_->GetRun("a"));
  EXPECT_THAT(Deletions(), IsEmpty());
}

TEST_P(RetentionStoreContract, WhatARunIsAboutToTakeOverIsNeededOrIsGone) {
  const std::string uri = OutputUri("made", "load");
  InsertEnded("made");
  ASSERT_OK(CommitOne(*store_, Insert(SomeRun("taker"))));
  EXPECT_THAT(store_->NeedArtifacts("taker", {uri, "pvc://artifacts/none"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
  EXPECT_THAT(store_->NeedArtifacts("nobody", {uri}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
  EXPECT_THAT(store_->RunsThatNeed("made"), IsOkAndHolds(IsEmpty()));
  ASSERT_OK(store_->NeedArtifacts("taker", {uri}));
  ASSERT_OK(store_->NeedArtifacts("taker", {uri}));
  EXPECT_THAT(store_->RunsThatNeed("made"), IsOkAndHolds(ElementsAre("taker")));
  EXPECT_THAT(
      store_->StartDeletion({"made"}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("taker")));
  // It is no use of it that lineage tells of.
  EXPECT_THAT(store_->FindArtifactUses(uri), IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace stagecoach
