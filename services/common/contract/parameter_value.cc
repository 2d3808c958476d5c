#include "services/common/contract/parameter_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace stagecoach {
namespace {

constexpr size_t kQuotedCharacters = 60;

std::string ShortestText(double value) {
  std::array<char, 32> text;
  const std::to_chars_result end =
      std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

std::string Quoted(const std::string& text) {
  const bool cut = text.size() > kQuotedCharacters;
  return absl::StrCat(
      "\"",
      absl::Utf8SafeCHexEscape(cut ? text.substr(0, kQuotedCharacters) : text),
      cut ? "…" : "", "\"");
}

}  // namespace

v1::ParameterValue IntegerValue(int64_t value) {
  v1::ParameterValue result;
  result.set_integer_value(value);
  return result;
}

v1::ParameterValue NumberValue(double value) {
  v1::ParameterValue result;
  result.set_number_value(value);
  return result;
}

v1::ParameterValue StringValue(absl::string_view value) {
  v1::ParameterValue result;
  result.set_string_value(std::string(value));
  return result;
}

v1::ParameterValue BooleanValue(bool value) {
  v1::ParameterValue result;
  result.set_boolean_value(value);
  return result;
}

v1::ParameterValue StringListValue(absl::Span<const std::string> values) {
  v1::ParameterValue result;
  result.mutable_string_list_value()->mutable_values()->Add(values.begin(),
                                                            values.end());
  return result;
}

bool SameValue(const v1::ParameterValue& a, const v1::ParameterValue& b) {
  if (a.kind_case() != b.kind_case()) return false;
  switch (a.kind_case()) {
    case v1::ParameterValue::kIntegerValue:
      return a.integer_value() == b.integer_value();
    case v1::ParameterValue::kNumberValue:
      return a.number_value() == b.number_value();
    case v1::ParameterValue::kStringValue:
      return a.string_value() == b.string_value();
    case v1::ParameterValue::kBooleanValue:
      return a.boolean_value() == b.boolean_value();
    case v1::ParameterValue::kStringListValue:
      return std::equal(a.string_list_value().values().begin(),
                        a.string_list_value().values().end(),
                        b.string_list_value().values().begin(),
                        b.string_list_value().values().end());
    case v1::ParameterValue::KIND_NOT_SET:
      return true;
  }
  return false;
}

std::string ParameterValueText(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kIntegerValue:
      return absl::StrCat(value.integer_value());
    case v1::ParameterValue::kNumberValue:
      return ShortestText(value.number_value());
    case v1::ParameterValue::kStringValue:
      return value.string_value();
    case v1::ParameterValue::kBooleanValue:
      return value.boolean_value() ? "true" : "false";
    case v1::ParameterValue::kStringListValue:
      return absl::StrJoin(value.string_list_value().values(), ",");
    case v1::ParameterValue::KIND_NOT_SET:
      return "";
  }
  return "";
}

std::string QuotedParameterValue(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kStringValue:
      return Quoted(value.string_value());
    case v1::ParameterValue::kStringListValue:
      return absl::StrCat(
          "[",
          absl::StrJoin(value.string_list_value().values(), ", ",
                        [](std::string* out, const std::string& text) {
                          absl::StrAppend(out, Quoted(text));
                        }),
          "]");
    case v1::ParameterValue::kNumberValue: {
      std::string text = ShortestText(value.number_value());
      const bool looks_whole =
          text.find_first_not_of("-0123456789") == std::string::npos;
      return looks_whole ? text + ".0" : text;
    }
    case v1::ParameterValue::KIND_NOT_SET:
      return "not set";
    default:
      return ParameterValueText(value);
  }
}

absl::string_view DescribeType(v1::ParameterType type) {
  switch (type) {
    case v1::PARAMETER_TYPE_INTEGER:
      return "a whole number";
    case v1::PARAMETER_TYPE_NUMBER:
      return "a number";
    case v1::PARAMETER_TYPE_STRING:
      return "a string";
    case v1::PARAMETER_TYPE_BOOLEAN:
      return "true or false";
    case v1::PARAMETER_TYPE_INTEGER_OR_STRING:
      return "a whole number or a string";
    case v1::PARAMETER_TYPE_STRING_LIST:
      return "a list of strings";
    default:
      return "nothing";
  }
}

absl::string_view DescribeKind(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kIntegerValue:
      return "a whole number";
    case v1::ParameterValue::kNumberValue:
      return "a number";
    case v1::ParameterValue::kStringValue:
      return "a string";
    case v1::ParameterValue::kBooleanValue:
      return "a truth value";
    case v1::ParameterValue::kStringListValue:
      return "a list of strings";
    case v1::ParameterValue::KIND_NOT_SET:
      return "not set";
  }
  return "not set";
}

}  // namespace stagecoach
