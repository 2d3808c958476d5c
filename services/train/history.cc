#include "services/train/history.h"

#include <nlohmann/json.hpp>

namespace stagecoach {

std::string ToJson(const TrainingHistory& history) {
  // Ordered: people read the document too.
  nlohmann::ordered_json evaluations = nlohmann::ordered_json::array();
  for (const Evaluation& evaluation : history.evaluations) {
    evaluations.push_back({{"epoch", evaluation.epoch},
                           {"rmse_train", evaluation.rmse_train},
                           {"rmse_test", evaluation.rmse_test}});
  }
  const nlohmann::ordered_json document = {
      {"evaluations", std::move(evaluations)}, {"loss", history.losses}};
  return document.dump(/*indent=*/1) + "\n";
}

}  // namespace stagecoach
