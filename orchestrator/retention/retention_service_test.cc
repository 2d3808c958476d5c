#include "orchestrator/retention/retention_service.h"

#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/retention/retention_fixture.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

class RetentionServiceTest : public RetentionFixture {
 protected:
  void StartService(const RetentionOptions& options) {
    auto timers =
        std::make_unique<TimerQueue>(clock_, TimerQueue::ManualForTest());
    timers_ = timers.get();
    service_ = std::make_unique<RetentionService>(*collector_, options,
                                                  std::move(timers), *metrics_);
    service_->Start();
  }

  // Lets everything end that the service does by itself up to then.
  void Advance(absl::Duration time) {
    clock_.Advance(time);
    timers_->RunDueForTest();
    // What comes after it in the queue is answered after it.
    absl::Notification told;
    service_->Collect(v1::CollectGarbageRequest(),
                      [&told](const auto&) { told.Notify(); });
    told.WaitForNotification();
  }

  TimerQueue* timers_ = nullptr;
  std::unique_ptr<RetentionService> service_;
};

TEST_F(RetentionServiceTest, TheBackgroundPolicyIsKeptAtEachInterval) {
  StartService({.max_age = absl::Hours(24), .interval = absl::Hours(1)});
  AddEnded("old", absl::Hours(50));
  AddEnded("soon", absl::Minutes(23 * 60 + 30));
  Advance(absl::Seconds(10));
  EXPECT_FALSE(RecordIsThere("old"));
  EXPECT_TRUE(RecordIsThere("soon"));
  Advance(absl::Minutes(59));
  EXPECT_TRUE(RecordIsThere("soon"));
  Advance(absl::Minutes(1));
  EXPECT_FALSE(RecordIsThere("soon"));
}

TEST_F(RetentionServiceTest, WithoutAPolicyOnlyWhatWasBegunIsDeleted) {
  StartService({});
  AddEnded("old", absl::Hours(50));
  AddEnded("begun", absl::Hours(50));
  ASSERT_OK(store_->StartDeletion({"begun"}));
  ASSERT_TRUE(FolderIsThere("begun"));
  Advance(absl::Seconds(10));
  EXPECT_FALSE(FolderIsThere("begun"));
  EXPECT_TRUE(RecordIsThere("old"));
  EXPECT_TRUE(FolderIsThere("old"));
}

TEST_F(RetentionServiceTest, AVolumeThatFailsIsTriedAgainAtTheNextInterval) {
  StartService({.keep_last = 1});
  AddEnded("old", absl::Hours(50));
  AddEnded("young", absl::Hours(1));
  volume_ = absl::UnavailableError("volume 'artifacts' does not answer");
  Advance(absl::Seconds(10));
  EXPECT_TRUE(RecordIsThere("old"));
  volume_ = absl::OkStatus();
  Advance(absl::Hours(1));
  EXPECT_FALSE(RecordIsThere("old"));
  EXPECT_TRUE(RecordIsThere("young"));
}

TEST_F(RetentionServiceTest, NobodyIsAnsweredWithDeletionsOnceItStops) {
  StartService({});
  AddEnded("old", absl::Hours(50));
  collector_->Stop();
  absl::Notification told;
  absl::Status status;
  v1::CollectGarbageRequest request;
  request.mutable_policy()->mutable_max_age();
  service_->Collect(request, [&](const auto& collected) {
    status = collected.status();
    told.Notify();
  });
  told.WaitForNotification();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("is stopping")));
  EXPECT_TRUE(RecordIsThere("old"));
  service_->Stop();
  service_->Collect(
      request, [&](const auto& collected) { status = collected.status(); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST(RetentionOptionsTest, WhatCannotBeIsRefusedWithTheFlagsName) {
  EXPECT_OK(RetentionOptions().Validate());
  EXPECT_THAT(RetentionOptions{.keep_last = -1}.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--retention-keep-last is -1")));
  EXPECT_THAT(RetentionOptions{.interval = absl::ZeroDuration()}.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--retention-interval is 0")));
}

}  // namespace
}  // namespace stagecoach
