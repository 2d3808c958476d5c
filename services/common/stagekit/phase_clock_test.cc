#include "services/common/stagekit/phase_clock.h"

#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

TEST(PhaseClockTest, CountsEveryMomentForExactlyOnePhase) {
  FakeClock clock;
  PhaseClock phases(clock);
  clock.Advance(absl::Seconds(1));
  phases.Enter(Phase::kCompute);
  clock.Advance(absl::Seconds(2));
  {
    const ScopedPhase read(phases, Phase::kRead);
    clock.Advance(absl::Seconds(4));
    const ScopedPhase write(phases, Phase::kWrite);
    clock.Advance(absl::Seconds(8));
  }
  clock.Advance(absl::Seconds(16));
  const v1::PhaseTimes times = phases.Times();
  EXPECT_EQ(FromProtoDuration(times.queue()), absl::Seconds(1));
  EXPECT_EQ(FromProtoDuration(times.compute()), absl::Seconds(18));
  EXPECT_EQ(FromProtoDuration(times.read()), absl::Seconds(4));
  EXPECT_EQ(FromProtoDuration(times.write()), absl::Seconds(8));
}

TEST(PhaseClockTest, GoesOnWhileItIsRead) {
  FakeClock clock;
  PhaseClock phases(clock);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(FromProtoDuration(phases.Times().queue()), absl::Seconds(1));
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(FromProtoDuration(phases.Times().queue()), absl::Seconds(2));
}

TEST(PhaseClockTest, EnterReturnsTheFormerPhase) {
  FakeClock clock;
  PhaseClock phases(clock);
  EXPECT_EQ(phases.Enter(Phase::kRead), Phase::kQueue);
  EXPECT_EQ(phases.Enter(Phase::kWrite), Phase::kRead);
}

}  // namespace
}  // namespace stagecoach
