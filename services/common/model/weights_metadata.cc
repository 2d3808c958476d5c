#include "services/common/model/weights_metadata.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr char kModel[] = "lstm";
// Above all that fits into memory, and far from overflow.
constexpr int64_t kLargestSize = 1'000'000;

struct SizeKey {
  const char* key;
  int64_t LstmShape::*size;
};

constexpr SizeKey kSizes[] = {
    {"input_size", &LstmShape::input_size},
    {"hidden_size", &LstmShape::hidden_size},
    {"layers", &LstmShape::layers},
    {"output_size", &LstmShape::output_size},
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
  metadata["model"] = kModel;
  metadata["lookback"] = absl::StrCat(description.lookback);
  for (const SizeKey& size : kSizes) {
    metadata[size.key] = absl::StrCat(description.shape.*size.size);
  }
  return metadata;
}

absl::StatusOr<ModelDescription> FromMetadata(
    const SafetensorsMetadata& metadata) {
  SC_ASSIGN_OR_RETURN(const std::string model, Find(metadata, "model"));
  if (model != kModel) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the weights are of a model '", model, "'; known is ", kModel));
  }
  ModelDescription description;
  SC_ASSIGN_OR_RETURN(description.lookback, FindSize(metadata, "lookback"));
  for (const SizeKey& size : kSizes) {
    SC_ASSIGN_OR_RETURN(description.shape.*size.size,
                        FindSize(metadata, size.key));
  }
  return description;
}

}  // namespace stagecoach
