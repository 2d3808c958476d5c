#include "services/train/train_metrics.h"

#include <string>

#include "services/common/base/metrics.h"

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
      loss(prometheus::BuildGauge()
               .Name("stagecoach_train_loss")
               .Help("Mean squared error of the last epoch that ended.")
               .Register(registry)
               .Add({})),
      checkpoints_saved(AddCheckpoints(registry, "saved")),
      checkpoints_failed(AddCheckpoints(registry, "failed")),
      resumes(AddCounter(registry, "stagecoach_train_resumes_total",
                         "Executions that went on from a checkpoint.")) {}

}  // namespace stagecoach
