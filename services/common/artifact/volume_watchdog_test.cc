#include "services/common/artifact/volume_watchdog.h"

#include <prometheus/registry.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kUp[] = "";

// A volume whose root can be made to hang or to fail.
class TestVolume final : public MemoryFileSystem {
 public:
  using MemoryFileSystem::MemoryFileSystem;

  void Hang() {
    absl::MutexLock lock(&mutex_);
    hangs_ = true;
  }
  void Release(absl::Status result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
    hangs_ = false;
  }
  // Waits until somebody hangs.
  void AwaitVictim() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&hanging_));
  }

  absl::StatusOr<FileInfo> Stat(absl::string_view path) override {
    absl::MutexLock lock(&mutex_);
    hanging_ = hangs_;
    const auto goes_on = [this] {
      mutex_.AssertHeld();
      return !hangs_;
    };
    mutex_.Await(absl::Condition(&goes_on));
    hanging_ = false;
    if (!result_.ok()) return result_;
    return MemoryFileSystem::Stat(path);
  }

 private:
  absl::Mutex mutex_;
  bool hangs_ ABSL_GUARDED_BY(mutex_) = false;
  bool hanging_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

class VolumeWatchdogTest : public testing::Test {
 protected:
  // The volume of a report, and the reason why it is down, or kUp.
  using Report = std::pair<std::string, std::string>;

  std::unique_ptr<VolumeWatchdog> Watch(const VolumeMap& volumes) {
    return std::make_unique<VolumeWatchdog>(
        volumes,
        VolumeWatchdogOptions{.interval = absl::Seconds(5),
                              .limit = absl::Seconds(10)},
        clock_, timers_, registry_,
        [this](absl::string_view volume, const VolumeState& state) {
          EXPECT_EQ(state.up, state.reason.empty());
          reports_.emplace_back(std::string(volume), state.reason);
        });
  }

  // Runs what is due until there are `count` reports in all.
  void AwaitReports(size_t count) {
    while (reports_.size() < count) {
      timers_.RunDueForTest();
      std::this_thread::yield();
    }
  }

  double Metric(absl::string_view name) {
    return MetricValue(registry_, name, "volume=\"artifacts\"");
  }

  FakeClock clock_;
  TimerQueue timers_{clock_, TimerQueue::ManualForTest()};
  prometheus::Registry registry_;
  std::vector<Report> reports_;
  std::shared_ptr<TestVolume> volume_ =
      std::make_shared<TestVolume>("artifacts");
};

TEST_F(VolumeWatchdogTest, ReportsAVolumeThatAnswers) {
  const auto watchdog = Watch({{"artifacts", volume_}});
  AwaitReports(1);
  EXPECT_THAT(reports_, ElementsAre(Pair("artifacts", kUp)));
  EXPECT_TRUE(watchdog->State("artifacts").up);
  EXPECT_TRUE(watchdog->Overall().up);
  EXPECT_EQ(Metric("stagecoach_artifact_volume_up"), 1);
  EXPECT_EQ(Metric("stagecoach_artifact_volume_probe_seconds"), 1);
  EXPECT_GT(Metric("stagecoach_artifact_volume_free_bytes"), 0);
  EXPECT_GT(Metric("stagecoach_artifact_volume_free_inodes"), 0);
}

TEST_F(VolumeWatchdogTest, AfterTheFirstProbesItIsKnownWhetherAVolumeAnswers) {
  const auto watchdog = Watch({{"artifacts", volume_}});
  watchdog->AwaitFirstProbes(absl::Minutes(1));
  EXPECT_TRUE(watchdog->State("artifacts").up);
}

TEST_F(VolumeWatchdogTest, WhoAwaitsTheFirstProbesIsNotHeldUpByOneThatHangs) {
  volume_->Hang();
  const auto watchdog = Watch({{"artifacts", volume_}});
  watchdog->AwaitFirstProbes(absl::Milliseconds(1));
  EXPECT_FALSE(watchdog->State("artifacts").up);
  volume_->Release(absl::OkStatus());
}

TEST_F(VolumeWatchdogTest, AVolumeThatHangsGoesDownAtTheLimitAndComesBack) {
  const auto watchdog = Watch({{"artifacts", volume_}});
  AwaitReports(1);
  volume_->Hang();
  clock_.Advance(absl::Seconds(5));
  timers_.RunDueForTest();
  volume_->AwaitVictim();
  clock_.Advance(absl::Seconds(9));
  timers_.RunDueForTest();
  EXPECT_TRUE(watchdog->State("artifacts").up);
  clock_.Advance(absl::Seconds(1));
  AwaitReports(2);
  EXPECT_EQ(reports_[1], Report("artifacts", "it has not answered for 10s"));
  EXPECT_EQ(watchdog->Overall().reason,
            "volume artifacts: it has not answered for 10s");
  EXPECT_EQ(Metric("stagecoach_artifact_volume_up"), 0);
  volume_->Release(absl::OkStatus());
  AwaitReports(3);
  EXPECT_EQ(reports_[2], Report("artifacts", kUp));
}

TEST_F(VolumeWatchdogTest, ReportsEachChangeOnce) {
  const auto watchdog = Watch({{"artifacts", volume_}});
  AwaitReports(1);
  volume_->Release(absl::UnavailableError("stale handle"));
  clock_.Advance(absl::Seconds(5));
  AwaitReports(2);
  volume_->Release(absl::OkStatus());
  clock_.Advance(absl::Seconds(5));
  AwaitReports(3);
  EXPECT_THAT(reports_, ElementsAre(Pair("artifacts", kUp),
                                    Pair("artifacts", "stale handle"),
                                    Pair("artifacts", kUp)));
}

TEST_F(VolumeWatchdogTest, OneVolumeThatHangsDoesNotHoldUpAnother) {
  volume_->Hang();
  const auto watchdog = Watch(
      {{"artifacts", volume_}, {"data", std::make_shared<TestVolume>("data")}});
  AwaitReports(1);
  EXPECT_THAT(reports_, ElementsAre(Pair("data", kUp)));
  EXPECT_EQ(watchdog->Overall().reason,
            "volume artifacts: it was not probed yet");
  volume_->Release(absl::OkStatus());
}

TEST_F(VolumeWatchdogTest, EndsWhileAProbeHangs) {
  volume_->Hang();
  auto watchdog = Watch({{"artifacts", volume_}});
  volume_->AwaitVictim();
  watchdog.reset();
  clock_.Advance(absl::Hours(1));
  timers_.RunDueForTest();
  EXPECT_THAT(reports_, IsEmpty());
  volume_->Release(absl::OkStatus());
}

TEST_F(VolumeWatchdogTest, AVolumeThatIsNotWatchedIsDown) {
  const auto watchdog = Watch({});
  EXPECT_FALSE(watchdog->State("artifacts").up);
  EXPECT_TRUE(watchdog->Overall().up);
}

TEST(ProbeVolumeTest, LeavesNothingBehind) {
  MemoryFileSystem files;
  std::optional<VolumeSpace> space;
  EXPECT_OK(ProbeVolume(files, &space));
  EXPECT_THAT(files.AllFiles(), IsEmpty());
  EXPECT_TRUE(space.has_value());
}

}  // namespace
}  // namespace stagecoach
