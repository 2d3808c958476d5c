#include "orchestrator/cli/client/run_follower.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/fake_interrupt.h"
#include "orchestrator/cli/testing/fake_orchestrator_client.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Remembers what it was told.
class Recorder final : public RunObserver {
 public:
  void OnCreated(const v1::Run& run) override { created.push_back(run.id()); }
  void OnEvent(const v1::RunEvent& event) override {
    if (event.cursor() > 0) cursors.push_back(event.cursor());
    if (event.has_progress()) ++reports;
  }
  void OnConnection(const absl::Status& status,
                    absl::Duration lost_for) override {
    connection.push_back(status.ok());
    longest = std::max(longest, lost_for);
  }
  void OnTick() override {
    ++ticks;
    if (on_tick) on_tick();
  }

  std::vector<std::string> created;
  std::vector<int64_t> cursors;
  std::vector<bool> connection;
  absl::Duration longest;
  int reports = 0;
  int ticks = 0;
  std::function<void()> on_tick;
};

class RunFollowerTest : public testing::Test {
 protected:
  RunFollowerTest() { client_.runs = {SampleSucceededRun()}; }

  RunFollower Follower() {
    return RunFollower(client_, recorder_, interrupt_, clock_, options_);
  }

  // The sample's events from `first` on, at most `count`.
  static std::vector<FeedItem> Events(size_t first, size_t count = 1000) {
    const std::vector<v1::RunEvent> all = SampleEvents();
    std::vector<FeedItem> items;
    for (size_t i = first; i < all.size() && i - first < count; ++i) {
      items.push_back(all[i]);
    }
    return items;
  }

  static v1::ExecuteRunRequest Request() {
    v1::ExecuteRunRequest request;
    request.mutable_run()->set_pipeline("airline");
    request.mutable_run()->set_idempotency_key("key");
    return request;
  }

  // Streams that end before the run does.
  void AddLostStreams(int count) {
    for (int i = 0; i < count; ++i) {
      client_.scripts.push_back({absl::UnavailableError("gone")});
    }
  }

  FakeClock clock_;
  FakeInterrupt interrupt_{clock_};
  FakeOrchestratorClient client_{clock_};
  Recorder recorder_;
  FollowOptions options_;
};

TEST_F(RunFollowerTest, ExecutesARunInOneStream) {
  std::vector<FeedItem> script = Events(0);
  script.insert(script.begin(), FeedCreated{SampleRun()});
  script.push_back(FeedEnded{SampleSucceededRun()});
  client_.scripts.push_back(script);
  const absl::StatusOr<Followed> followed = Follower().Execute(Request());
  ASSERT_OK(followed);
  EXPECT_EQ(followed->run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_FALSE(followed->interrupted);
  EXPECT_THAT(recorder_.created, ElementsAre("airline-abc"));
  EXPECT_EQ(recorder_.cursors.size(), 14u);
  EXPECT_EQ(recorder_.reports, 2);
  EXPECT_TRUE(client_.watch_requests.empty());
}

TEST_F(RunFollowerTest, GoesOnWhereItWasAfterTheOrchestratorWasAway) {
  std::vector<FeedItem> first = Events(0, 5);
  first.insert(first.begin(), FeedCreated{SampleRun()});
  first.push_back(absl::UnavailableError("gone"));
  client_.scripts.push_back(first);
  AddLostStreams(3);
  client_.scripts.push_back(Events(5));
  const absl::StatusOr<Followed> followed = Follower().Execute(Request());
  ASSERT_OK(followed);
  EXPECT_EQ(followed->run.state(), v1::RUN_STATE_SUCCEEDED);
  ASSERT_EQ(client_.watch_requests.size(), 4u);
  for (const v1::WatchRunRequest& request : client_.watch_requests) {
    EXPECT_EQ(request.run_id(), "airline-abc");
    EXPECT_EQ(request.after_cursor(), 5);
  }
  EXPECT_THAT(recorder_.connection,
              ElementsAre(false, false, false, false, true));
  EXPECT_EQ(recorder_.cursors.size(), 14u);
}

TEST_F(RunFollowerTest, TellsAnEventOnceThatComesAgain) {
  std::vector<FeedItem> first = Events(0, 5);
  first.push_back(absl::UnavailableError("gone"));
  v1::Run running = SampleRun();
  running.set_state(v1::RUN_STATE_RUNNING);
  client_.runs = {running};
  client_.scripts = {first, Events(0, 7)};
  interrupt_.on_wait = [this] {
    if (client_.watch_requests.size() == 1) {
      client_.runs = {SampleSucceededRun()};
    }
  };
  ASSERT_OK(Follower().Watch("airline-abc"));
  EXPECT_THAT(recorder_.cursors, ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(RunFollowerTest, GivesUpOnceTheOrchestratorIsAwayForTooLong) {
  options_.reconnect_limit = absl::Seconds(10);
  v1::Run running = SampleRun();
  client_.runs = {running};
  AddLostStreams(1000);
  EXPECT_THAT(Follower().Watch("airline-abc"),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("run airline-abc may still go on")));
  EXPECT_GE(clock_.Elapsed(), absl::Seconds(10));
  EXPECT_LE(clock_.Elapsed(), absl::Seconds(13));
}

TEST_F(RunFollowerTest, AsksAgainWithTheSameKeyIfItIsLostBeforeTheRunIsKnown) {
  std::vector<FeedItem> second = Events(0);
  second.insert(second.begin(), FeedCreated{SampleRun()});
  second.push_back(FeedEnded{SampleSucceededRun()});
  client_.scripts = {{NotReachable("gone")}, second};
  ASSERT_OK(Follower().Execute(Request()));
  ASSERT_EQ(client_.run_requests.size(), 2u);
  EXPECT_EQ(client_.run_requests[1].idempotency_key(), "key");
  EXPECT_THAT(recorder_.connection, ElementsAre(false, true));
}

TEST_F(RunFollowerTest, SaysThatARunMayHaveBeenCreatedWhenItGivesUp) {
  options_.reconnect_limit = absl::Seconds(10);
  for (int i = 0; i < 1000; ++i) {
    client_.scripts.push_back({NotReachable("nobody there")});
  }
  const absl::StatusOr<Followed> followed = Follower().Execute(Request());
  EXPECT_THAT(followed, StatusIs(absl::StatusCode::kUnavailable,
                                 HasSubstr("key 'key' may have been created")));
  EXPECT_TRUE(IsNotReachable(followed.status()));
}

TEST_F(RunFollowerTest, DoesNotAskAgainForARunThatWasRefused) {
  client_.scripts = {{absl::UnavailableError("stage 'train' is not served")}};
  EXPECT_THAT(Follower().Execute(Request()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("'train'")));
  EXPECT_EQ(clock_.Elapsed(), absl::ZeroDuration());
}

TEST_F(RunFollowerTest, EndsAtOnceOnAnErrorThatWillNotPass) {
  client_.runs = {SampleRun()};
  client_.scripts = {{absl::NotFoundError("no such run")}};
  EXPECT_THAT(Follower().Watch("airline-abc"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RunFollowerTest, ReturnsARunThatHasEndedAtOnce) {
  const absl::StatusOr<Followed> followed = Follower().Watch("airline-abc");
  ASSERT_OK(followed);
  EXPECT_EQ(followed->run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(client_.watch_requests.empty());
}

TEST_F(RunFollowerTest, ReplaysARunThatHasEndedIfAskedTo) {
  options_.replay_ended = true;
  client_.scripts = {Events(0)};
  ASSERT_OK(Follower().Watch("airline-abc"));
  EXPECT_EQ(recorder_.cursors.size(), 14u);
}

TEST_F(RunFollowerTest, LetsGoOfTheRunOnAnInterrupt) {
  client_.scripts = {{FeedCreated{SampleRun()}, FeedIdle{}, FeedIdle{}}};
  recorder_.on_tick = [this] { interrupt_.Request(); };
  const absl::StatusOr<Followed> followed = Follower().Execute(Request());
  ASSERT_OK(followed);
  EXPECT_TRUE(followed->interrupted);
  EXPECT_EQ(followed->run.id(), "airline-abc");
  EXPECT_EQ(recorder_.ticks, 1);
}

TEST_F(RunFollowerTest, LetsGoWhileTheOrchestratorIsAway) {
  client_.runs = {SampleRun()};
  AddLostStreams(1000);
  interrupt_.on_wait = [this] { interrupt_.Request(); };
  const absl::StatusOr<Followed> followed = Follower().Watch("airline-abc");
  ASSERT_OK(followed);
  EXPECT_TRUE(followed->interrupted);
}

TEST_F(RunFollowerTest, AQuietStreamCountsAsConnectedAfterAWhile) {
  client_.runs = {SampleRun()};
  std::vector<FeedItem> quiet(30, FeedItem(FeedIdle{}));
  quiet.push_back(FeedEnded{SampleSucceededRun()});
  client_.scripts = {{absl::UnavailableError("gone")}, quiet};
  ASSERT_OK(Follower().Watch("airline-abc"));
  EXPECT_THAT(recorder_.connection, ElementsAre(false, true));
}

}  // namespace
}  // namespace stagecoach
