#include "services/train/schedule.h"

#include <ATen/ATen.h>
#include <torch/optim/schedulers/reduce_on_plateau_scheduler.h>
#include <torch/optim/schedulers/step_lr.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

double RateAt(const ScheduleOptions& options, int64_t epoch) {
  return LearningRate(options, 0.1, epoch, /*all_epochs=*/100, {});
}

TEST(ScheduleTest, WithoutOneTheRateStaysWhatItIs) {
  EXPECT_EQ(RateAt({}, 0), 0.1);
  EXPECT_EQ(RateAt({}, 99), 0.1);
  EXPECT_EQ(LearningRate({}, 0.1, 99, 100, {.reductions = 3}), 0.1);
}

class PyTorchRate {
 public:
  double now() const { return optimizer_.param_groups()[0].options().get_lr(); }
  torch::optim::Optimizer& optimizer() { return optimizer_; }

 private:
  torch::optim::SGD optimizer_{std::vector<at::Tensor>{at::zeros({1})},
                               torch::optim::SGDOptions(0.1)};
};

TEST(ScheduleTest, StepFollowsStepLr) {
  const ScheduleOptions options = {"step", /*epochs=*/7, /*factor=*/0.5};
  PyTorchRate rate;
  torch::optim::StepLR scheduler(rate.optimizer(), 7, 0.5);
  scheduler.step();  // PyTorch's constructor does this, libtorch's does not
  for (int epoch = 0; epoch < 40; ++epoch) {
    EXPECT_NEAR(RateAt(options, epoch), rate.now(), 1e-12) << epoch;
    scheduler.step();
  }
}

// https://docs.pytorch.org/docs/stable/generated/
// torch.optim.lr_scheduler.CosineAnnealingLR.html with T_max of 100: rates of
// the epochs 0, 25, 50, 75 and 99 as Python gives them.
TEST(ScheduleTest, CosineFollowsCosineAnnealingLr) {
  const ScheduleOptions options = {.name = "cosine"};
  EXPECT_EQ(RateAt(options, 0), 0.1);
  EXPECT_NEAR(RateAt(options, 25), 0.08535533905932738, 1e-12);
  EXPECT_NEAR(RateAt(options, 50), 0.05, 1e-12);
  EXPECT_NEAR(RateAt(options, 75), 0.014644660940672627, 1e-12);
  EXPECT_NEAR(RateAt(options, 99), 2.4671981713420017e-05, 1e-12);
}

TEST(ScheduleTest, PlateauFollowsReduceLrOnPlateau) {
  const ScheduleOptions options = {"plateau", /*epochs=*/3, /*factor=*/0.5};
  PyTorchRate rate;
  torch::optim::ReduceLROnPlateauScheduler scheduler(
      rate.optimizer(), torch::optim::ReduceLROnPlateauScheduler::min,
      /*factor=*/0.5, /*patience=*/3, /*threshold=*/1e-4);
  PlateauState state;
  for (int epoch = 0; epoch < 60; ++epoch) {
    EXPECT_NEAR(LearningRate(options, 0.1, epoch, 60, state), rate.now(), 1e-12)
        << epoch;
    // Falls, then swings about a level that it no longer falls below.
    const double loss = std::max(10.0 - epoch, 2 + std::sin(epoch));
    state = AfterEpoch(options, state, loss);
    scheduler.step(static_cast<float>(loss));
  }
  EXPECT_GT(state.reductions, 5);
}

}  // namespace
}  // namespace stagecoach
