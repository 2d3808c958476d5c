// What the train stage exports, beyond what every stage does.

#ifndef SERVICES_TRAIN_TRAIN_METRICS_H_
#define SERVICES_TRAIN_TRAIN_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace stagecoach {

// Threads: the metrics may be changed from any thread. Ownership: they belong
// to the registry.
struct TrainMetrics {
  explicit TrainMetrics(prometheus::Registry& registry);

  // stagecoach_train_epochs_total: epochs trained to their end.
  prometheus::Counter& epochs;
  // stagecoach_train_epoch_seconds: each epoch, its evaluation included.
  prometheus::Histogram& epoch_seconds;
  // stagecoach_train_samples_total: windows trained on.
  prometheus::Counter& samples;
  // stagecoach_train_loss: mean squared error of the last epoch that ended.
  prometheus::Gauge& loss;
  // stagecoach_train_checkpoints_total{outcome="saved"|"failed"}.
  prometheus::Counter& checkpoints_saved;
  prometheus::Counter& checkpoints_failed;
  // stagecoach_train_checkpoint_seconds: each checkpoint that was saved.
  prometheus::Histogram& checkpoint_seconds;
  // stagecoach_train_last_checkpoint_timestamp_seconds: when the last one was
  // saved, since the epoch; 0: none yet.
  prometheus::Gauge& last_checkpoint;
  // stagecoach_train_metric{name="rmse_train"|"rmse_test"}: of the last
  // evaluation.
  prometheus::Gauge& rmse_train;
  prometheus::Gauge& rmse_test;
  // stagecoach_train_resumes_total: executions that went on from a checkpoint.
  prometheus::Counter& resumes;
  // stagecoach_torch_threads{kind="intra"}: of the execution that began last.
  prometheus::Gauge& threads;
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_TRAIN_METRICS_H_
