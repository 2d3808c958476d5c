// How the learning rate changes from epoch to epoch; the rates are those of
// torch.optim.lr_scheduler.

#ifndef SERVICES_TRAIN_SCHEDULE_H_
#define SERVICES_TRAIN_SCHEDULE_H_

#include <cstdint>
#include <limits>
#include <string>

namespace stagecoach {

struct ScheduleOptions {
  // `none`; `step`: times `factor` after every `epochs` (StepLR); `cosine`: to
  // zero along half a cosine over the whole training (CosineAnnealingLR);
  // `plateau`: times `factor` when the loss has not become smaller by 0.01 %
  // for more than `epochs` (ReduceLROnPlateau).
  std::string name = "none";
  int64_t epochs = 30;  // >= 1
  double factor = 0.1;  // 0 < factor <= 1
};

// What a plateau schedule remembers.
struct PlateauState {
  double best = std::numeric_limits<double>::infinity();  // loss
  int64_t bad_epochs = 0;  // since the best or the last reduction
  int64_t reductions = 0;

  friend bool operator==(const PlateauState&, const PlateauState&) = default;
};

// The state after an epoch that ended with `loss`.
PlateauState AfterEpoch(const ScheduleOptions& options, PlateauState state,
                        double loss);

// The rate in `epoch`, from 0, of a training of `all_epochs` that starts with
// `initial`; `plateau` as after the epoch before.
double LearningRate(const ScheduleOptions& options, double initial,
                    int64_t epoch, int64_t all_epochs,
                    const PlateauState& plateau);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_SCHEDULE_H_
