// Which names the contract allows, as the protos state them.

#ifndef SERVICES_COMMON_CONTRACT_NAMES_H_
#define SERVICES_COMMON_CONTRACT_NAMES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Each returns INVALID_ARGUMENT naming `what` (e.g. "name of stage"), the name
// and the rule. Thread-safe, like everything in this folder: pure functions.

// Names of pipelines, steps and stages: `[a-z][a-z0-9-]*`, at most 63
// characters.
absl::Status CheckLowerCaseName(absl::string_view what, absl::string_view name);

// Names of parameters, inputs and outputs: `[A-Za-z][A-Za-z0-9_]*`, at most 64
// characters.
absl::Status CheckFieldName(absl::string_view what, absl::string_view name);

// Parts of an execution id: `[A-Za-z0-9][A-Za-z0-9._-]*`, at most 128
// characters.
absl::Status CheckIdPart(absl::string_view what, absl::string_view part);

// Names of uploaded files: `[A-Za-z0-9_][A-Za-z0-9._-]*`, at most 128
// characters.
absl::Status CheckFileName(absl::string_view what, absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_NAMES_H_
