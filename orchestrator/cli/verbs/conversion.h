// Artifacts in the formats that other programs read.

#ifndef ORCHESTRATOR_CLI_VERBS_CONVERSION_H_
#define ORCHESTRATOR_CLI_VERBS_CONVERSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

struct ConvertedFile {
  // `weights.pt`, or `windows.X_train.npy` where each tensor has a file.
  std::string name;
  std::string bytes;
};

// What `format` of Convert may be.
std::vector<std::string> ConversionFormats();

// The artifact, whose whole file is `bytes`, in `format`. Weights become a
// state dict, as load_state_dict takes it. Pure.
//
// FAILED_PRECONDITION: the artifact holds no tensors (a table may be asked for
// as csv), or its file is not well formed. INVALID_ARGUMENT: a type of element
// that the format has not.
absl::StatusOr<std::vector<ConvertedFile>> Convert(const v1::Artifact& artifact,
                                                   absl::string_view bytes,
                                                   const std::string& format);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_CONVERSION_H_
