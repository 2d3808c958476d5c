// How the training of a model went, epoch by epoch.

#ifndef SERVICES_TRAIN_HISTORY_H_
#define SERVICES_TRAIN_HISTORY_H_

#include <cstdint>
#include <optional>
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
  // For each epoch that over the validation windows, measured after it; empty
  // if there are none.
  std::vector<double> validation_losses;
  // In each epoch.
  std::vector<double> learning_rates;
  // Where early stopping chose the weights: those that were kept.
  std::optional<Evaluation> kept;

  // The weights that the training ended with; there must be one.
  const Evaluation& outcome() const {
    return kept.has_value() ? *kept : evaluations.back();
  }

  friend bool operator==(const TrainingHistory&,
                         const TrainingHistory&) = default;
};

// The history as the JSON document that train/README.md describes.
std::string ToJson(const TrainingHistory& history);

// The history as CSV, a row for each epoch; what was not measured is empty.
std::string ToCsv(const TrainingHistory& history);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_HISTORY_H_
