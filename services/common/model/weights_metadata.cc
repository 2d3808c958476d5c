#include "services/common/model/weights_metadata.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr char kScaler[] = "scaler";
// Above all that fits into memory, and far from overflow.
constexpr int64_t kLargestSize = 1'000'000;

struct SizeKey {
  const char* key;
  int64_t ModelShape::*size;
};

constexpr SizeKey kSizes[] = {
    {"input_size", &ModelShape::input_size},
    {"hidden_size", &ModelShape::hidden_size},
    {"layers", &ModelShape::layers},
    {"output_size", &ModelShape::output_size},
    {"lookback", &ModelShape::lookback},
};

absl::StatusOr<std::string> Find(const SafetensorsMetadata& metadata,
                                 const std::string& key) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  return absl::FailedPreconditionError(
      absl::StrCat("the weights' metadata lacks '", key,
                   "'; were they written by the train stage?"));
}

absl::StatusOr<int64_t> FindSize(const SafetensorsMetadata& metadata,
                                 const std::string& key) {
  SC_ASSIGN_OR_RETURN(const std::string text, Find(metadata, key));
  int64_t size = 0;
  if (absl::SimpleAtoi(text, &size) && size >= 1 && size <= kLargestSize) {
    return size;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("'", key, "' in the weights' metadata is '", text,
                   "'; needed is a whole number from 1 to ", kLargestSize));
}

}  // namespace

SafetensorsMetadata ToMetadata(const ModelDescription& description) {
  SafetensorsMetadata metadata;
  metadata["model"] = description.kind->name;
  for (const SizeKey& size : kSizes) {
    metadata[size.key] = absl::StrCat(description.shape.*size.size);
  }
  if (description.scaler.has_value()) {
    metadata[kScaler] = FormatScaler(*description.scaler);
  }
  return metadata;
}

absl::Status CheckFits(const Scaler& scaler, const ModelShape& shape) {
  if (scaler.lookback == shape.lookback &&
      scaler.features() == shape.input_size &&
      scaler.horizon == shape.output_size) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the scaler is of windows [", scaler.lookback, ",",
                   scaler.features(), "] with ", scaler.horizon,
                   " values after them; the model takes [", shape.lookback, ",",
                   shape.input_size, "] and forecasts ", shape.output_size));
}

absl::StatusOr<ModelDescription> FromMetadata(
    const SafetensorsMetadata& metadata) {
  SC_ASSIGN_OR_RETURN(const std::string model, Find(metadata, "model"));
  ModelDescription description;
  SC_ASSIGN_OR_RETURN(description.kind, FindModelKind(model),
                      "the weights' metadata");
  for (const SizeKey& size : kSizes) {
    SC_ASSIGN_OR_RETURN(description.shape.*size.size,
                        FindSize(metadata, size.key));
  }
  if (const auto scaler = metadata.find(kScaler); scaler != metadata.end()) {
    SC_ASSIGN_OR_RETURN(description.scaler, ParseScaler(scaler->second),
                        "'scaler' in the weights' metadata");
    SC_RETURN_IF_ERROR(CheckFits(*description.scaler, description.shape),
                       "'scaler' in the weights' metadata");
  }
  return description;
}

}  // namespace stagecoach
