// Checks parameters against their specification: of a stage before an
// execution, of a pipeline before a run. Both sides call it, so that both say
// the same.

#ifndef SERVICES_COMMON_CONTRACT_PARAMETERS_H_
#define SERVICES_COMMON_CONTRACT_PARAMETERS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_field.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

using ParameterSpecs = google::protobuf::RepeatedPtrField<v1::ParameterSpec>;
using GivenParameters = google::protobuf::Map<std::string, v1::ParameterValue>;
using ResolvedParameters = std::map<std::string, v1::ParameterValue>;

// Returns a value for every parameter in `specs`: the one given, otherwise the
// default. A whole number given for a NUMBER becomes a double. `what` names
// the owner in messages, e.g. "stage 'load'".
//
// INVALID_ARGUMENT: a name that is not in `specs` (with the nearest one), a
// required one that is missing, a wrong type, NaN or infinity, text that is
// not one of the choices.
// OUT_OF_RANGE: a number beyond its range, text (of a list: all of it) over
// 64 KiB.
// Each message names parameter, owner, value and what is allowed.
absl::StatusOr<ResolvedParameters> ResolveParameters(
    const ParameterSpecs& specs, const GivenParameters& given,
    absl::string_view what);

// Checks one value against its specification; codes and messages as above.
absl::Status CheckParameterValue(const v1::ParameterSpec& spec,
                                 const v1::ParameterValue& value,
                                 absl::string_view what);

// Whether the specification itself makes sense: name, type, a range that is
// not empty and of a numeric type, choices that are different and of a
// STRING or STRING_LIST, a default that is allowed. INVALID_ARGUMENT otherwise.
absl::Status ValidateParameterSpec(const v1::ParameterSpec& spec,
                                   absl::string_view what);

// What the specification allows: `a number greater than 0 and less than 1`,
// `a whole number, at least 1`, `a whole number from 1 to 100`, `one of "csv",
// "tsv"`, `a list of any of "month", "hour"`.
std::string DescribeAllowed(const v1::ParameterSpec& spec);

// The one called `name`; null if there is none.
const v1::ParameterSpec* FindParameter(const ParameterSpecs& specs,
                                       absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_PARAMETERS_H_
