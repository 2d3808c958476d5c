// How the training of a model went, epoch by epoch.

#ifndef SERVICES_TRAIN_HISTORY_H_
#define SERVICES_TRAIN_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace stagecoach {

// The model measured after the training of one epoch.
struct Evaluation {
  int64_t epoch = 0;  // from 0
  // Root of the mean squared error over all windows of each part, in the units
  // of the data.
  double rmse_train = 0;
  double rmse_test = 0;

  friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

struct TrainingHistory {
  // In the order of their epochs.
  std::vector<Evaluation> evaluations;
  // For each epoch the mean squared error over its windows, each as it was
  // when its batch was trained on.
  std::vector<double> losses;

  friend bool operator==(const TrainingHistory&,
                         const TrainingHistory&) = default;
};

// The history as the JSON document that train/README.md describes.
std::string ToJson(const TrainingHistory& history);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_HISTORY_H_
