// Checks of what a stage says of itself, and of what it is given against it.

#ifndef SERVICES_COMMON_CONTRACT_DESCRIPTION_H_
#define SERVICES_COMMON_CONTRACT_DESCRIPTION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/map.h"
#include "stagecoach/v1/artifact.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Whether a description makes sense: names, a version, types, parameters,
// nothing twice. `slots` and `build_id` are not looked at: a stage's class
// leaves them to the server. INVALID_ARGUMENT naming stage and field.
absl::Status ValidateDescription(const v1::StageDescription& description);

// The one called `name`; null if there is none.
const v1::InputSpec* FindInput(const v1::StageDescription& description,
                               absl::string_view name);
const v1::OutputSpec* FindOutput(const v1::StageDescription& description,
                                 absl::string_view name);

// Checks the artifacts given to an execution against the description: no
// unknown name (the message has the nearest), none missing that is not
// optional, the declared type, a digest that looks like one. The files and the
// syntax of the URIs are not looked at. INVALID_ARGUMENT otherwise.
absl::Status CheckInputs(
    const v1::StageDescription& description,
    const google::protobuf::Map<std::string, v1::Artifact>& given);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_DESCRIPTION_H_
