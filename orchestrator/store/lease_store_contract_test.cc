// The contract of LeaseStore, held against every store.

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Longer than any test takes; and over at once.
constexpr absl::Duration kLong = absl::Hours(1);
constexpr absl::Duration kOver = absl::ZeroDuration();

class LeaseStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  std::vector<std::string> Acquire(absl::string_view holder, int limit = 100) {
    const auto runs = store_->AcquireRuns(holder, limit);
    EXPECT_OK(runs);
    std::vector<std::string> ids;
    for (const v1::Run& run : *runs) ids.push_back(run.id());
    return ids;
  }

  // Inserts run `id` as held by `holder`, and returns it.
  v1::Run InsertHeld(absl::string_view id, const std::string& holder,
                     int seconds = 0) {
    v1::Run run = SomeRun(id, seconds);
    run.set_holder(holder);
    EXPECT_OK(CommitOne(*store_, Insert(run)));
    return run;
  }

  std::vector<std::string> ReasonsFor(absl::string_view holder) {
    const auto wishes = store_->WishesFor(holder);
    EXPECT_OK(wishes);
    std::vector<std::string> reasons;
    for (const RunWish& wish : *wishes) reasons.push_back(wish.reason);
    return reasons;
  }

  const std::unique_ptr<Store> store_ = GetParam().open(NewTestDirectory());
};

INSTANTIATE_TEST_SUITE_P(Stores, LeaseStoreContract,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(LeaseStoreContract, RunsThatNobodyHoldsAreAcquiredWholeAndOldestFirst) {
  InsertHeld("new", "", 3);
  v1::Run old = InsertHeld("old", "", 1);
  InsertHeld("between", "", 2);
  ASSERT_OK(store_->RenewLease("a", kLong));
  const auto first = store_->AcquireRuns("a", 1);
  ASSERT_OK(first);
  old.set_holder("a");
  old.set_lease_epoch(1);
  EXPECT_THAT(*first, ElementsAre(EqualsProto(old)));
  EXPECT_THAT(store_->GetRun("old"), IsOkAndHolds(EqualsProto(old)));
  EXPECT_THAT(Acquire("a"), ElementsAre("between", "new"));
  EXPECT_THAT(Acquire("a"), IsEmpty());
}

TEST_P(LeaseStoreContract, RunsThatHaveEndedAreNotAcquired) {
  for (const v1::RunState state :
       {v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED, v1::RUN_STATE_CANCELLED,
        v1::RUN_STATE_PAUSED, v1::RUN_STATE_STOPPING}) {
    const v1::Run run = InsertHeld(v1::RunState_Name(state), "");
    ASSERT_OK(CommitOne(*store_, Update(run, state)));
  }
  ASSERT_OK(store_->RenewLease("a", kLong));
  EXPECT_THAT(Acquire("a"),
              ElementsAre("RUN_STATE_PAUSED", "RUN_STATE_STOPPING"));
}

TEST_P(LeaseStoreContract, WhatSomebodyWithALeaseHoldsIsNotAcquired) {
  InsertHeld("airline-1", "a");
  ASSERT_OK(store_->RenewLease("a", kLong));
  ASSERT_OK(store_->RenewLease("b", kLong));
  EXPECT_THAT(Acquire("b"), IsEmpty());
  EXPECT_EQ(store_->GetRun("airline-1")->lease_epoch(), 0);
}

TEST_P(LeaseStoreContract, ALeaseThatIsOverGoesToTheNextWhoAsks) {
  v1::Run run = InsertHeld("airline-1", "a");
  ASSERT_OK(store_->RenewLease("a", kOver));
  ASSERT_OK(store_->RenewLease("b", kLong));
  EXPECT_THAT(Acquire("b"), ElementsAre("airline-1"));
  // The former holder is told by whatever it does next.
  EXPECT_THAT(
      store_->RenewLease("a", kLong),
      StatusIs(absl::StatusCode::kAborted, HasSubstr("orchestrator a")));
  EXPECT_THAT(store_->AcquireRuns("a", 100),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(CommitOne(*store_, Update(run, v1::RUN_STATE_RUNNING)),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("epoch 1")));
  run.set_lease_epoch(1);
  EXPECT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_RUNNING)));
}

TEST_P(LeaseStoreContract, ALeaseThatIsOverButWantedByNobodyCanBeRenewed) {
  InsertHeld("airline-1", "a");
  ASSERT_OK(store_->RenewLease("a", kOver));
  EXPECT_OK(store_->RenewLease("a", kLong));
  ASSERT_OK(store_->RenewLease("b", kLong));
  EXPECT_THAT(Acquire("b"), IsEmpty());
}

TEST_P(LeaseStoreContract, AReleasedLeaseIsOverAtOnceAndForGood) {
  InsertHeld("airline-1", "a");
  ASSERT_OK(store_->RenewLease("a", kLong));
  ASSERT_OK(store_->RenewLease("b", kLong));
  ASSERT_OK(store_->ReleaseLease("a"));
  EXPECT_THAT(Acquire("b"), ElementsAre("airline-1"));
  EXPECT_THAT(store_->RenewLease("a", kLong),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(store_->ReleaseLease("a"));
  EXPECT_OK(store_->ReleaseLease("nobody"));
}

TEST_P(LeaseStoreContract, OnlyWhoHasALeaseAcquires) {
  InsertHeld("airline-1", "");
  EXPECT_THAT(store_->AcquireRuns("a", 100),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(store_->GetRun("airline-1")->holder(), "");
}

TEST_P(LeaseStoreContract, EveryChangeOfHandsRaisesTheEpoch) {
  InsertHeld("airline-1", "");
  for (int epoch = 1; epoch <= 3; ++epoch) {
    const std::string holder = absl::StrCat("holder-", epoch);
    ASSERT_OK(store_->RenewLease(holder, kOver));
    EXPECT_THAT(Acquire(holder), ElementsAre("airline-1"));
    EXPECT_EQ(store_->GetRun("airline-1")->lease_epoch(), epoch);
    EXPECT_EQ(store_->GetRun("airline-1")->holder(), holder);
  }
}

TEST_P(LeaseStoreContract, WishesGoToTheHolderInOrderUntilTheyAreForgotten) {
  InsertHeld("a-1", "a");
  InsertHeld("a-2", "a");
  InsertHeld("b-1", "b");
  using Kind = RunWish::Kind;
  ASSERT_OK(store_->AddWish({0, "a-2", Kind::kPause, "first"}));
  ASSERT_OK(store_->AddWish({0, "b-1", Kind::kCancel, "other"}));
  ASSERT_OK(store_->AddWish({0, "a-1", Kind::kCancel, "second"}));
  const auto wishes = store_->WishesFor("a");
  ASSERT_OK(wishes);
  ASSERT_THAT(*wishes, SizeIs(2));
  EXPECT_EQ((*wishes)[0].run_id, "a-2");
  EXPECT_EQ((*wishes)[0].kind, Kind::kPause);
  EXPECT_THAT(ReasonsFor("a"), ElementsAre("first", "second"));
  ASSERT_OK(store_->ForgetWish((*wishes)[0].number));
  EXPECT_OK(store_->ForgetWish((*wishes)[0].number));
  EXPECT_THAT(ReasonsFor("a"), ElementsAre("second"));
}

TEST_P(LeaseStoreContract, WishesGoWithTheRunToItsNextHolder) {
  InsertHeld("airline-1", "a");
  ASSERT_OK(store_->AddWish({0, "airline-1", RunWish::Kind::kResume, "why"}));
  ASSERT_OK(store_->RenewLease("b", kLong));
  EXPECT_THAT(Acquire("b"), ElementsAre("airline-1"));
  EXPECT_THAT(ReasonsFor("a"), IsEmpty());
  EXPECT_THAT(ReasonsFor("b"), ElementsAre("why"));
}

TEST_P(LeaseStoreContract, AWishIsForARunThatHasNotEnded) {
  const v1::Run run = InsertHeld("airline-1", "a");
  ASSERT_OK(store_->AddWish({0, "airline-1", RunWish::Kind::kCancel, "why"}));
  ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_FAILED)));
  EXPECT_THAT(ReasonsFor("a"), IsEmpty());
  EXPECT_THAT(
      store_->AddWish({0, "airline-1", RunWish::Kind::kCancel, ""}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("FAILED")));
  EXPECT_THAT(store_->AddWish({0, "nobody", RunWish::Kind::kCancel, ""}),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace stagecoach
