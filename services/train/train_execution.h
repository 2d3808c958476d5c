// One execution of the train stage: inputs, training, checkpoints, outputs.

#ifndef SERVICES_TRAIN_TRAIN_EXECUTION_H_
#define SERVICES_TRAIN_TRAIN_EXECUTION_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/stagekit/execution_context.h"
#include "services/train/train_metrics.h"
#include "services/train/trainer.h"

namespace stagecoach {

// How far apart what an execution tells others is at least.
struct TrainSpacing {
  // Training that is done sooner is not worth a periodic checkpoint.
  absl::Duration checkpoints = absl::Seconds(1);
  // Nobody reads more of them, and each goes over the network several times.
  // The last one, and one with a message, always comes.
  absl::Duration reports = absl::Milliseconds(20);
};

// Threads: one at a time. Errors: libtorch's exceptions pass through.
class TrainExecution {
 public:
  // All must outlive the execution.
  TrainExecution(ExecutionContext& context, Clock& clock,
                 const TrainSpacing& spacing, TrainMetrics& metrics);

  // Does the whole execution, from the step's newest checkpoint if there is
  // one that fits. When it is stopped, it saves a checkpoint first, if it
  // keeps any.
  //
  // INVALID_ARGUMENT: the parameters do not fit together.
  // FAILED_PRECONDITION: the inputs do not fit together, the device is not
  //   there, or a loss is no longer a finite number.
  absl::Status Run();

 private:
  absl::Status TakeScaler(TrainingData& data);
  absl::Status Resume(Trainer& trainer);
  absl::Status TrainEpochs(Trainer& trainer);
  absl::Status TrainEpoch(Trainer& trainer);
  absl::Status SaveCheckpoint(const Trainer& trainer);
  absl::Status WriteOutputs(const Trainer& trainer);
  void Report(const Trainer& trainer, absl::string_view message = "");
  double Fraction(const Trainer& trainer) const;

  ExecutionContext& context_;
  Clock& clock_;
  const TrainSpacing spacing_;
  TrainMetrics& metrics_;
  TrainerOptions options_;
  const int64_t checkpoint_interval_;  // epochs; 0: no checkpoints
  std::optional<Scaler> scaler_;       // how the windows were made
  int64_t batches_per_epoch_ = 0;
  double reported_fraction_ = 0;
  int64_t saved_batches_ = 0;  // batches done at the last checkpoint
  // When the last checkpoint was saved, or else the training began.
  absl::Duration checkpoint_time_;
  absl::Duration report_time_ = -absl::InfiniteDuration();  // of the last one
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_TRAIN_EXECUTION_H_
