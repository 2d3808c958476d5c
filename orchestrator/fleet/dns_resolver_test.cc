#include "orchestrator/fleet/dns_resolver.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Addresses = absl::StatusOr<std::vector<std::string>>;

// Long enough for the slowest machine; no test waits for it to pass.
constexpr absl::Duration kLimit = absl::Minutes(1);

// A name server whose answer the test sets, and which remembers how often it
// was asked. Lives as long as anybody may still ask.
class FakeNames {
 public:
  Addresses LookUp() {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    mutex_.Await(absl::Condition(&answering_));
    return answer_;
  }
  void SetAnswer(Addresses answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  void SetAnswering(bool answering) {
    absl::MutexLock lock(&mutex_);
    answering_ = answering;
  }
  // Whether it has been asked `count` times, soon.
  bool AwaitAsked(int count) {
    const auto reached = [this, count] {
      mutex_.AssertHeld();
      return asked_ >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), kLimit);
  }

 private:
  absl::Mutex mutex_;
  Addresses answer_ ABSL_GUARDED_BY(mutex_) = std::vector<std::string>();
  bool answering_ ABSL_GUARDED_BY(mutex_) = true;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

class DnsResolverTest : public testing::Test {
 protected:
  DnsResolverTest()
      : names_(std::make_shared<FakeNames>()),
        timers_(clock_, TimerQueue::ManualForTest()),
        resolver_(
            HostPort{"train", 50051}, DnsResolverOptions(),
            [names = names_](const HostPort&) { return names->LookUp(); },
            clock_, timers_) {}

  void Start() {
    resolver_.Start([this](Addresses found) {
      absl::MutexLock lock(&mutex_);
      found_.push_back(std::move(found));
    });
  }

  // The `count`-th answer once it has come; the next look is arranged then.
  Addresses AwaitFound(size_t count) {
    const auto reached = [this, count] {
      mutex_.AssertHeld();
      return found_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&reached), kLimit)) {
      return absl::DeadlineExceededError("nothing was found");
    }
    return found_[count - 1];
  }

  // Returns how many timers were due.
  int PassTime(absl::Duration step) {
    clock_.Advance(step);
    return timers_.RunDueForTest();
  }

  std::shared_ptr<FakeNames> names_;
  FakeClock clock_;
  TimerQueue timers_;
  absl::Mutex mutex_;
  std::vector<Addresses> found_ ABSL_GUARDED_BY(mutex_);
  DnsResolver resolver_;
};

TEST_F(DnsResolverTest, TellsWhatItFindsAtOnceAndAfterEachRefresh) {
  names_->SetAnswer(std::vector<std::string>{"10.0.0.1:50051"});
  Start();
  EXPECT_THAT(AwaitFound(1), IsOkAndHolds(ElementsAre("10.0.0.1:50051")));
  names_->SetAnswer(std::vector<std::string>{"10.0.0.2:50051"});
  PassTime(absl::Seconds(5));
  EXPECT_THAT(AwaitFound(2), IsOkAndHolds(ElementsAre("10.0.0.2:50051")));
}

TEST_F(DnsResolverTest, TellsWhyALookFailedAndLooksAgainSooner) {
  names_->SetAnswer(absl::UnavailableError("no such host"));
  Start();
  EXPECT_THAT(AwaitFound(1), StatusIs(absl::StatusCode::kUnavailable));
  names_->SetAnswer(std::vector<std::string>{"10.0.0.1:50051"});
  EXPECT_EQ(PassTime(absl::Seconds(1)), 1);
  EXPECT_THAT(AwaitFound(2), IsOk());
}

TEST_F(DnsResolverTest, LooksAgainSoonWhenAReplicaIsInTrouble) {
  Start();
  EXPECT_THAT(AwaitFound(1), IsOk());
  clock_.Advance(absl::Seconds(10));
  resolver_.LookAgain();
  EXPECT_EQ(PassTime(absl::ZeroDuration()), 1);
  EXPECT_THAT(AwaitFound(2), IsOk());
}

TEST_F(DnsResolverTest, LooksOnceAtMostInEachSecondOfTrouble) {
  Start();
  EXPECT_THAT(AwaitFound(1), IsOk());
  resolver_.LookAgain();
  resolver_.LookAgain();
  EXPECT_EQ(PassTime(absl::Milliseconds(999)), 0);
  EXPECT_EQ(PassTime(absl::Milliseconds(1)), 1);
  EXPECT_THAT(AwaitFound(2), IsOk());
}

TEST_F(DnsResolverTest, TroubleDuringALookIsNotForgotten) {
  names_->SetAnswering(false);
  Start();
  ASSERT_TRUE(names_->AwaitAsked(1));
  resolver_.LookAgain();
  names_->SetAnswering(true);
  EXPECT_THAT(AwaitFound(1), IsOk());
  EXPECT_EQ(PassTime(absl::Seconds(1)), 1);
  EXPECT_THAT(AwaitFound(2), IsOk());
}

TEST_F(DnsResolverTest, StopDoesNotWaitForALookThatHangs) {
  names_->SetAnswering(false);
  Start();
  ASSERT_TRUE(names_->AwaitAsked(1));
  resolver_.Stop();
  names_->SetAnswering(true);
  absl::MutexLock lock(&mutex_);
  EXPECT_TRUE(found_.empty());
}

TEST_F(DnsResolverTest, LooksNoMoreAfterStop) {
  Start();
  EXPECT_THAT(AwaitFound(1), IsOk());
  resolver_.Stop();
  resolver_.LookAgain();
  EXPECT_EQ(PassTime(absl::Hours(1)), 0);
}

TEST(LookUpHostTest, FindsLocalhost) {
  EXPECT_THAT(LookUpHost({"localhost", 50051}),
              IsOkAndHolds(testing::AnyOf(testing::Contains("127.0.0.1:50051"),
                                          testing::Contains("[::1]:50051"))));
}

TEST(LookUpHostTest, TakesAnAddressAsItIs) {
  EXPECT_THAT(LookUpHost({"127.0.0.9", 7}),
              IsOkAndHolds(ElementsAre("127.0.0.9:7")));
  EXPECT_THAT(LookUpHost({"::1", 7}), IsOkAndHolds(ElementsAre("[::1]:7")));
}

TEST(LookUpHostTest, NamesTheHostThatIsNotThere) {
  // `invalid` never exists (RFC 6761).
  EXPECT_THAT(LookUpHost({"train.invalid", 7}),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("DNS name \"train.invalid\"")));
}

}  // namespace
}  // namespace stagecoach
