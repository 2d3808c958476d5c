#include "services/common/contract/parameters.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/names.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

constexpr size_t kMaxStringBytes = 64 * 1024;

std::string Parameter(const v1::ParameterSpec& spec, absl::string_view what) {
  return absl::StrCat("parameter '", spec.name(), "' of ", what);
}

absl::Status WrongType(const v1::ParameterSpec& spec,
                       const v1::ParameterValue& value,
                       absl::string_view what) {
  const bool set = value.kind_case() != v1::ParameterValue::KIND_NOT_SET;
  return absl::InvalidArgumentError(
      absl::StrCat(Parameter(spec, what), " is ", DescribeKind(value),
                   set ? ", " : "", set ? QuotedParameterValue(value) : "",
                   "; it must be ", DescribeAllowed(spec)));
}

absl::Status NotAllowed(absl::StatusCode code, const v1::ParameterSpec& spec,
                        const v1::ParameterValue& value,
                        absl::string_view what) {
  return absl::Status(
      code,
      absl::StrCat(Parameter(spec, what), " is ", QuotedParameterValue(value),
                   "; it must be ", DescribeAllowed(spec)));
}

// A long double holds every int64_t and every double exactly.
bool InRange(const v1::ParameterSpec& spec, long double value) {
  if (spec.has_minimum() &&
      (spec.minimum_excluded() ? value <= spec.minimum()
                               : value < spec.minimum())) {
    return false;
  }
  return !(spec.has_maximum() &&
           (spec.maximum_excluded() ? value >= spec.maximum()
                                    : value > spec.maximum()));
}

absl::Status CheckNumeric(const v1::ParameterSpec& spec,
                          const v1::ParameterValue& value,
                          absl::string_view what) {
  const bool whole = value.kind_case() == v1::ParameterValue::kIntegerValue;
  const bool takes_fractions = spec.type() == v1::PARAMETER_TYPE_NUMBER;
  if (!whole && !(takes_fractions &&
                  value.kind_case() == v1::ParameterValue::kNumberValue)) {
    return WrongType(spec, value, what);
  }
  if (!whole && !std::isfinite(value.number_value())) {
    return NotAllowed(absl::StatusCode::kInvalidArgument, spec, value, what);
  }
  const long double exact =
      whole ? static_cast<long double>(value.integer_value())
            : static_cast<long double>(value.number_value());
  if (InRange(spec, exact)) return absl::OkStatus();
  return NotAllowed(absl::StatusCode::kOutOfRange, spec, value, what);
}

absl::Status CheckLength(const v1::ParameterSpec& spec, size_t bytes,
                         absl::string_view what) {
  if (bytes <= kMaxStringBytes) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat(Parameter(spec, what), " is ",
                                            bytes, " bytes long; it may have ",
                                            kMaxStringBytes));
}

bool IsChoice(const v1::ParameterSpec& spec, const std::string& text) {
  return spec.choices().empty() ||
         std::find(spec.choices().begin(), spec.choices().end(), text) !=
             spec.choices().end();
}

absl::Status CheckString(const v1::ParameterSpec& spec,
                         const v1::ParameterValue& value,
                         absl::string_view what) {
  if (value.kind_case() != v1::ParameterValue::kStringValue) {
    return WrongType(spec, value, what);
  }
  const std::string& text = value.string_value();
  SC_RETURN_IF_ERROR(CheckLength(spec, text.size(), what));
  if (IsChoice(spec, text)) return absl::OkStatus();
  return NotAllowed(absl::StatusCode::kInvalidArgument, spec, value, what);
}

absl::Status CheckStringList(const v1::ParameterSpec& spec,
                             const v1::ParameterValue& value,
                             absl::string_view what) {
  if (value.kind_case() != v1::ParameterValue::kStringListValue) {
    return WrongType(spec, value, what);
  }
  size_t bytes = 0;
  for (const std::string& text : value.string_list_value().values()) {
    bytes += text.size();
    if (IsChoice(spec, text)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(Parameter(spec, what), " holds ",
                     QuotedParameterValue(StringValue(text)), "; it must be ",
                     DescribeAllowed(spec)));
  }
  return CheckLength(spec, bytes, what);
}

absl::Status CheckNamesAreKnown(const ParameterSpecs& specs,
                                const GivenParameters& given,
                                absl::string_view what) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : given) {
    if (FindParameter(specs, name) == nullptr) unknown.push_back(name);
  }
  if (unknown.empty()) return absl::OkStatus();
  // The order of a protobuf map is not defined; the message is.
  const std::string& first = *std::min_element(unknown.begin(), unknown.end());
  std::vector<std::string> known;
  for (const v1::ParameterSpec& spec : specs) known.push_back(spec.name());
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has no parameter '", absl::CHexEscape(first), "'",
                   NearestNameHint(first, known)));
}

// A bound of a range: whole numbers in full, not as 1e+08.
std::string NumberText(double value) {
  if (std::trunc(value) == value && std::abs(value) < 1e15) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  return ParameterValueText(NumberValue(value));
}

std::string DescribeRange(const v1::ParameterSpec& spec) {
  if (spec.has_minimum() && spec.has_maximum() && !spec.minimum_excluded() &&
      !spec.maximum_excluded()) {
    return absl::StrCat(" from ", NumberText(spec.minimum()), " to ",
                        NumberText(spec.maximum()));
  }
  std::vector<std::string> bounds;
  if (spec.has_minimum()) {
    bounds.push_back(
        absl::StrCat(spec.minimum_excluded() ? "greater than " : "at least ",
                     NumberText(spec.minimum())));
  }
  if (spec.has_maximum()) {
    bounds.push_back(
        absl::StrCat(spec.maximum_excluded() ? "less than " : "at most ",
                     NumberText(spec.maximum())));
  }
  if (bounds.empty()) return "";
  const bool plain =
      spec.has_minimum() ? spec.minimum_excluded() : spec.maximum_excluded();
  return absl::StrCat(plain ? " " : ", ", absl::StrJoin(bounds, " and "));
}

absl::Status CheckRangeMakesSense(const v1::ParameterSpec& spec,
                                  absl::string_view what) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat(Parameter(spec, what), " ", why));
  };
  const bool numeric = spec.type() == v1::PARAMETER_TYPE_INTEGER ||
                       spec.type() == v1::PARAMETER_TYPE_NUMBER;
  if (!numeric && (spec.has_minimum() || spec.has_maximum())) {
    return wrong("has a range, which only integers and numbers have");
  }
  if ((spec.minimum_excluded() && !spec.has_minimum()) ||
      (spec.maximum_excluded() && !spec.has_maximum())) {
    return wrong("excludes a bound that it does not have");
  }
  if (!std::isfinite(spec.minimum()) || !std::isfinite(spec.maximum())) {
    return wrong("has a bound that is not finite");
  }
  if (!spec.has_minimum() || !spec.has_maximum()) return absl::OkStatus();
  const bool open = spec.minimum_excluded() || spec.maximum_excluded();
  if (spec.minimum() > spec.maximum() ||
      (open && spec.minimum() == spec.maximum())) {
    return wrong("has an empty range");
  }
  return absl::OkStatus();
}

absl::Status CheckChoicesMakeSense(const v1::ParameterSpec& spec,
                                   absl::string_view what) {
  if (spec.choices().empty()) return absl::OkStatus();
  if (spec.type() != v1::PARAMETER_TYPE_STRING &&
      spec.type() != v1::PARAMETER_TYPE_STRING_LIST) {
    return absl::InvalidArgumentError(absl::StrCat(
        Parameter(spec, what), " has choices, which only strings have"));
  }
  std::vector<std::string> sorted(spec.choices().begin(), spec.choices().end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      Parameter(spec, what), " has the choice '", *twice, "' twice"));
}

}  // namespace

std::string DescribeAllowed(const v1::ParameterSpec& spec) {
  if (!spec.choices().empty()) {
    return absl::StrCat(spec.type() == v1::PARAMETER_TYPE_STRING_LIST
                            ? "a list of any of \""
                            : "one of \"",
                        absl::StrJoin(spec.choices(), "\", \""), "\"");
  }
  return absl::StrCat(DescribeType(spec.type()), DescribeRange(spec));
}

const v1::ParameterSpec* FindParameter(const ParameterSpecs& specs,
                                       absl::string_view name) {
  for (const v1::ParameterSpec& spec : specs) {
    if (spec.name() == name) return &spec;
  }
  return nullptr;
}

absl::Status CheckParameterValue(const v1::ParameterSpec& spec,
                                 const v1::ParameterValue& value,
                                 absl::string_view what) {
  switch (spec.type()) {
    case v1::PARAMETER_TYPE_INTEGER:
    case v1::PARAMETER_TYPE_NUMBER:
      return CheckNumeric(spec, value, what);
    case v1::PARAMETER_TYPE_STRING:
      return CheckString(spec, value, what);
    case v1::PARAMETER_TYPE_BOOLEAN:
      if (value.kind_case() == v1::ParameterValue::kBooleanValue) {
        return absl::OkStatus();
      }
      return WrongType(spec, value, what);
    case v1::PARAMETER_TYPE_INTEGER_OR_STRING:
      if (value.kind_case() == v1::ParameterValue::kIntegerValue) {
        return absl::OkStatus();
      }
      return CheckString(spec, value, what);
    case v1::PARAMETER_TYPE_STRING_LIST:
      return CheckStringList(spec, value, what);
    default:
      return absl::InvalidArgumentError(
          absl::StrCat(Parameter(spec, what), " has no type"));
  }
}

absl::StatusOr<ResolvedParameters> ResolveParameters(
    const ParameterSpecs& specs, const GivenParameters& given,
    absl::string_view what) {
  SC_RETURN_IF_ERROR(CheckNamesAreKnown(specs, given, what));
  ResolvedParameters resolved;
  for (const v1::ParameterSpec& spec : specs) {
    const auto found = given.find(spec.name());
    if (found == given.end() && !spec.has_default_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " needs parameter '", spec.name(), "', ",
                       DescribeAllowed(spec), ", and it was not given"));
    }
    v1::ParameterValue value =
        found == given.end() ? spec.default_value() : found->second;
    SC_RETURN_IF_ERROR(CheckParameterValue(spec, value, what));
    if (spec.type() == v1::PARAMETER_TYPE_NUMBER &&
        value.kind_case() == v1::ParameterValue::kIntegerValue) {
      value = NumberValue(static_cast<double>(value.integer_value()));
    }
    resolved[spec.name()] = std::move(value);
  }
  return resolved;
}

absl::Status ValidateParameterSpec(const v1::ParameterSpec& spec,
                                   absl::string_view what) {
  SC_RETURN_IF_ERROR(CheckFieldName(
      absl::StrCat("name of a parameter of ", what), spec.name()));
  if (!v1::ParameterType_IsValid(spec.type()) ||
      spec.type() == v1::PARAMETER_TYPE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat(Parameter(spec, what), " has no type"));
  }
  SC_RETURN_IF_ERROR(CheckRangeMakesSense(spec, what));
  SC_RETURN_IF_ERROR(CheckChoicesMakeSense(spec, what));
  if (!spec.has_default_value()) return absl::OkStatus();
  return WithContext(CheckParameterValue(spec, spec.default_value(), what),
                     "default value");
}

}  // namespace stagecoach
