// Values of parameters: comparing and showing them.

#ifndef SERVICES_COMMON_CONTRACT_PARAMETER_VALUE_H_
#define SERVICES_COMMON_CONTRACT_PARAMETER_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

v1::ParameterValue IntegerValue(int64_t value);
v1::ParameterValue NumberValue(double value);
v1::ParameterValue StringValue(absl::string_view value);
v1::ParameterValue BooleanValue(bool value);
v1::ParameterValue StringListValue(absl::Span<const std::string> values);

// Same kind and same value; 1 and 1.0 differ, NaN equals nothing.
bool SameValue(const v1::ParameterValue& a, const v1::ParameterValue& b);

// The value as people write it: `4`, `0.7` (the shortest text that reads back
// as the same double), `Passengers`, `true`, `a,b`; empty if no kind is set.
std::string ParameterValueText(const v1::ParameterValue& value);

// The same for messages: text quoted and escaped, and cut after 60 characters;
// a whole double with its point (`4.0`); `not set` if no kind is set.
std::string QuotedParameterValue(const v1::ParameterValue& value);

// `a whole number`, `a number`, `a string`, `true or false`, `a whole number
// or a string`, `a list of strings`; `nothing` if the type is not one of these.
absl::string_view DescribeType(v1::ParameterType type);

// What `value` is, in the same words; `not set` if no kind is set.
absl::string_view DescribeKind(const v1::ParameterValue& value);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_PARAMETER_VALUE_H_
