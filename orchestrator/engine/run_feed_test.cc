#include "orchestrator/engine/run_feed.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

v1::RunEvent StepEvent(const std::string& step) {
  v1::RunEvent event;
  event.mutable_step()->set_step(step);
  return event;
}

v1::AttemptProgress HalfWay(const std::string& step) {
  v1::AttemptProgress progress;
  progress.set_step(step);
  progress.set_attempt(1);
  progress.mutable_progress()->set_fraction(0.5);
  return progress;
}

// Remembers what it was told.
class RecordingWatcher final : public RunWatcher {
 public:
  void OnEvent(const v1::RunEvent& event) override {
    cursors.push_back(event.cursor());
  }
  void OnEnd(const v1::Run& run) override { ended.push_back(run.id()); }
  void OnStop() override { stopped = true; }

  std::vector<int64_t> cursors;
  std::vector<std::string> ended;
  bool stopped = false;
};

v1::Run EndedRun() {
  v1::Run run;
  run.set_id("r");
  run.set_state(v1::RUN_STATE_SUCCEEDED);
  return run;
}

TEST(RunFeedTest, CursorsGoOnFromTheEventsThatAreThere) {
  v1::RunEvent first = StepEvent("load");
  first.set_cursor(1);
  RunFeed feed({first});
  auto watcher = std::make_shared<RecordingWatcher>();
  feed.Add(watcher, 0);
  feed.Publish({StepEvent("load"), StepEvent("train")});
  EXPECT_THAT(watcher->cursors, ElementsAre(1, 2, 3));
}

TEST(RunFeedTest, AWatcherIsToldOnlyWhatComesAfterItsCursor) {
  RunFeed feed({});
  feed.Publish({StepEvent("load"), StepEvent("train")});
  auto watcher = std::make_shared<RecordingWatcher>();
  feed.Add(watcher, 1);
  EXPECT_THAT(watcher->cursors, ElementsAre(2));
}

TEST(RunFeedTest, ProgressHasNoCursorAndIsNotReplayed) {
  RunFeed feed({});
  auto early = std::make_shared<RecordingWatcher>();
  feed.Add(early, 0);
  feed.Publish(HalfWay("train"), absl::UnixEpoch());
  auto late = std::make_shared<RecordingWatcher>();
  feed.Add(late, 0);
  EXPECT_THAT(early->cursors, ElementsAre(0));
  EXPECT_THAT(late->cursors, IsEmpty());
}

TEST(RunFeedTest, TheNewestProgressIsKnownUntilTheStepMovesOn) {
  RunFeed feed({});
  feed.Publish(HalfWay("train"), absl::UnixEpoch());
  ASSERT_THAT(feed.LatestProgress(), ElementsAre(Pair("train", testing::_)));
  EXPECT_EQ(feed.LatestProgress().at("train").fraction(), 0.5);
  feed.Publish({StepEvent("train")});
  EXPECT_THAT(feed.LatestProgress(), IsEmpty());
}

TEST(RunFeedTest, TheEndIsToldOnceAlsoToThoseWhoComeLater) {
  RunFeed feed({});
  auto early = std::make_shared<RecordingWatcher>();
  feed.Add(early, 0);
  feed.Publish({StepEvent("train")});
  feed.End(std::make_shared<const v1::Run>(EndedRun()));
  auto late = std::make_shared<RecordingWatcher>();
  feed.Add(late, 0);
  EXPECT_THAT(early->ended, ElementsAre("r"));
  EXPECT_THAT(late->cursors, ElementsAre(1));
  EXPECT_THAT(late->ended, ElementsAre("r"));
}

TEST(RunFeedTest, ARemovedWatcherIsToldNothingMore) {
  RunFeed feed({});
  auto watcher = std::make_shared<RecordingWatcher>();
  feed.Add(watcher, 0);
  feed.Remove(watcher.get());
  feed.Publish({StepEvent("train")});
  feed.End(std::make_shared<const v1::Run>(EndedRun()));
  EXPECT_THAT(watcher->cursors, IsEmpty());
  EXPECT_THAT(watcher->ended, IsEmpty());
}

TEST(RunFeedsTest, StoppingTellsThoseWhoWatchAndThoseWhoAreJustComing) {
  RunFeeds feeds;
  const std::shared_ptr<RunFeed> feed = feeds.Open("r", {});
  auto early = std::make_shared<RecordingWatcher>();
  feed->Add(early, 0);
  feeds.Stop();
  auto late = std::make_shared<RecordingWatcher>();
  feed->Add(late, 0);
  EXPECT_TRUE(early->stopped);
  EXPECT_TRUE(late->stopped);
  EXPECT_EQ(feeds.Find("r"), nullptr);
}

TEST(RunFeedsTest, OnlyActiveRunsHaveAFeed) {
  RunFeeds feeds;
  EXPECT_EQ(feeds.Find("r"), nullptr);
  const std::shared_ptr<RunFeed> feed = feeds.Open("r", {});
  EXPECT_EQ(feeds.Find("r"), feed);
  feeds.Close("r");
  EXPECT_EQ(feeds.Find("r"), nullptr);
}

}  // namespace
}  // namespace stagecoach
