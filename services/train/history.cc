#include "services/train/history.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace stagecoach {
namespace {

// Ordered: people read the document too.
using Json = nlohmann::ordered_json;

Json ToJson(const Evaluation& evaluation) {
  return {{"epoch", evaluation.epoch},
          {"rmse_train", evaluation.rmse_train},
          {"rmse_test", evaluation.rmse_test}};
}

// Enough digits to give the same number back.
std::string Field(double value) { return absl::StrFormat("%.17g", value); }

}  // namespace

std::string ToJson(const TrainingHistory& history) {
  Json evaluations = Json::array();
  for (const Evaluation& evaluation : history.evaluations) {
    evaluations.push_back(ToJson(evaluation));
  }
  Json document = {{"evaluations", std::move(evaluations)},
                   {"loss", history.losses},
                   {"learning_rate", history.learning_rates}};
  if (!history.validation_losses.empty()) {
    document["validation_loss"] = history.validation_losses;
  }
  if (history.kept.has_value()) document["kept"] = ToJson(*history.kept);
  return document.dump(/*indent=*/1) + "\n";
}

std::string ToCsv(const TrainingHistory& history) {
  std::string csv =
      "epoch,loss,validation_loss,learning_rate,rmse_train,rmse_test\n";
  auto evaluation = history.evaluations.begin();
  for (size_t epoch = 0; epoch < history.losses.size(); ++epoch) {
    absl::StrAppend(&csv, epoch, ",", Field(history.losses[epoch]), ",");
    if (!history.validation_losses.empty()) {
      absl::StrAppend(&csv, Field(history.validation_losses[epoch]));
    }
    absl::StrAppend(&csv, ",", Field(history.learning_rates[epoch]), ",");
    const bool evaluated = evaluation != history.evaluations.end() &&
                           evaluation->epoch == static_cast<int64_t>(epoch);
    if (evaluated) {
      absl::StrAppend(&csv, Field(evaluation->rmse_train), ",",
                      Field(evaluation->rmse_test), "\n");
      ++evaluation;
    } else {
      absl::StrAppend(&csv, ",\n");
    }
  }
  return csv;
}

}  // namespace stagecoach
