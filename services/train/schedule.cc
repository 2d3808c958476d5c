#include "services/train/schedule.h"

#include <cmath>
#include <numbers>

namespace stagecoach {
namespace {

// Part of the best loss that a loss must be smaller by, to be a better one.
constexpr double kThreshold = 1e-4;

}  // namespace

PlateauState AfterEpoch(const ScheduleOptions& options, PlateauState state,
                        double loss) {
  if (loss < state.best * (1 - kThreshold)) {
    state.best = loss;
    state.bad_epochs = 0;
  } else if (++state.bad_epochs > options.epochs) {
    ++state.reductions;
    state.bad_epochs = 0;
  }
  return state;
}

double LearningRate(const ScheduleOptions& options, double initial,
                    int64_t epoch, int64_t all_epochs,
                    const PlateauState& plateau) {
  if (options.name == "step") {
    return initial * std::pow(options.factor,
                              static_cast<double>(epoch / options.epochs));
  }
  if (options.name == "cosine") {
    const double done =
        static_cast<double>(epoch) / static_cast<double>(all_epochs);
    return initial * (1 + std::cos(std::numbers::pi * done)) / 2;
  }
  if (options.name == "plateau") {
    return initial *
           std::pow(options.factor, static_cast<double>(plateau.reductions));
  }
  return initial;
}

}  // namespace stagecoach
