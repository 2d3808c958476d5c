#include "services/train/train_metrics.h"

#include <string>

#include "services/common/base/metrics.h"
#include "services/common/tensor/torch_runtime.h"

namespace stagecoach {
namespace {

prometheus::Counter& AddCounter(prometheus::Registry& registry,
                                const std::string& name,
                                const std::string& help,
                                const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter()
      .Name(name)
      .Help(help)
      .Register(registry)
      .Add(labels);
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry,
                            const std::string& name, const std::string& help,
                            const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      labels);
}

prometheus::Gauge& AddMetric(prometheus::Registry& registry,
                             const std::string& name) {
  return AddGauge(registry, "stagecoach_train_metric",
                  "Quality of the model at the last evaluation.",
                  {{"name", name}});
}

prometheus::Counter& AddCheckpoints(prometheus::Registry& registry,
                                    const std::string& outcome) {
  return AddCounter(registry, "stagecoach_train_checkpoints_total",
                    "Checkpoints written, by outcome.", {{"outcome", outcome}});
}

}  // namespace

TrainMetrics::TrainMetrics(prometheus::Registry& registry)
    : epochs(AddCounter(registry, "stagecoach_train_epochs_total",
                        "Epochs trained to their end.")),
      epoch_seconds(prometheus::BuildHistogram()
                        .Name("stagecoach_train_epoch_seconds")
                        .Help("Time of an epoch, its evaluation included.")
                        .Register(registry)
                        .Add({}, CallSecondsBuckets())),
      samples(AddCounter(registry, "stagecoach_train_samples_total",
                         "Windows trained on.")),
      loss(AddGauge(registry, "stagecoach_train_loss",
                    "Mean squared error of the last epoch that ended.")),
      checkpoints_saved(AddCheckpoints(registry, "saved")),
      checkpoints_failed(AddCheckpoints(registry, "failed")),
      checkpoint_seconds(prometheus::BuildHistogram()
                             .Name("stagecoach_train_checkpoint_seconds")
                             .Help("Time to save a checkpoint.")
                             .Register(registry)
                             .Add({}, OperationSecondsBuckets())),
      last_checkpoint(AddGauge(
          registry, "stagecoach_train_last_checkpoint_timestamp_seconds",
          "When a checkpoint was saved last, since the epoch.")),
      rmse_train(AddMetric(registry, "rmse_train")),
      rmse_test(AddMetric(registry, "rmse_test")),
      resumes(AddCounter(registry, "stagecoach_train_resumes_total",
                         "Executions that went on from a checkpoint.")),
      threads(RegisterTorchMetrics(registry)) {}

}  // namespace stagecoach
