#include "orchestrator/pipeline/yaml_fields.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/base/nearest_name.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

bool IsOneOf(absl::string_view text,
             std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c);
  });
}

// `[-+]?[0-9]+`
bool LooksWhole(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "-")) absl::ConsumePrefix(&text, "+");
  return AllDigits(text);
}

// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool LooksLikeNumber(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "-")) absl::ConsumePrefix(&text, "+");
  const size_t exponent = text.find_first_of("eE");
  if (exponent != absl::string_view::npos) {
    if (!LooksWhole(text.substr(exponent + 1))) return false;
    text = text.substr(0, exponent);
  }
  const size_t point = text.find('.');
  if (point == absl::string_view::npos) return AllDigits(text);
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view fraction = text.substr(point + 1);
  return (whole.empty() ? AllDigits(fraction) : AllDigits(whole)) &&
         (fraction.empty() || AllDigits(fraction));
}

// `.inf` and `.nan` in the core schema's three ways to write each.
bool ReadNonFinite(absl::string_view text, double& value) {
  if (IsOneOf(text, {".nan", ".NaN", ".NAN"})) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  if (!IsOneOf(text, {".inf", ".Inf", ".INF"})) return false;
  value = std::numeric_limits<double>::infinity() * (negative ? -1 : 1);
  return true;
}

}  // namespace

v1::ParameterValue ScalarValue(const YamlNode& scalar) {
  const std::string& text = scalar.text;
  if (scalar.quoted) return StringValue(text);
  if (IsOneOf(text, {"true", "True", "TRUE"})) return BooleanValue(true);
  if (IsOneOf(text, {"false", "False", "FALSE"})) return BooleanValue(false);
  if (LooksWhole(text)) {
    int64_t whole = 0;
    return absl::SimpleAtoi(text, &whole) ? IntegerValue(whole)
                                          : v1::ParameterValue();
  }
  double number = 0;
  if (ReadNonFinite(text, number)) return NumberValue(number);
  if (LooksLikeNumber(text) && absl::SimpleAtod(text, &number)) {
    return NumberValue(number);
  }
  return StringValue(text);
}

std::string DescribeNode(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  const v1::ParameterValue value = ScalarValue(node);
  return value.kind_case() == v1::ParameterValue::KIND_NOT_SET
             ? node.text
             : QuotedParameterValue(value);
}

YamlMap::YamlMap(const YamlNode& node, absl::string_view path,
                 SourceLines& lines, Problems& problems)
    : node_(node.kind == YamlNode::Kind::kMap ? &node : nullptr),
      path_(path),
      lines_(lines),
      problems_(problems) {
  if (node_ == nullptr) {
    const int line = lines_.Line(path);
    problems_.AddAt(line == 0 ? node.line : line, path,
                    absl::StrCat("must be a map, not ", DescribeNode(node)));
    return;
  }
  for (const YamlField& field : node.fields) {
    lines_.Add(PathOf(field.key), field.line);
  }
}

std::string YamlMap::PathOf(absl::string_view key) const {
  return absl::StrCat(path_, path_.empty() ? "" : ".", key);
}

void YamlMap::AddProblem(absl::string_view key, absl::string_view what) {
  const YamlField* field = node_ == nullptr ? nullptr : node_->Find(key);
  const std::string path = PathOf(key);
  int line = field == nullptr ? lines_.Line(path) : field->line;
  if (line == 0 && node_ != nullptr) line = node_->line;
  problems_.AddAt(line, path, what);
}

const YamlNode* YamlMap::Get(absl::string_view key) const {
  const YamlField* field = node_ == nullptr ? nullptr : node_->Find(key);
  return field == nullptr ? nullptr : &field->value;
}

void YamlMap::CheckKeys(std::initializer_list<absl::string_view> known) {
  if (node_ == nullptr) return;
  for (const YamlField& field : node_->fields) {
    if (problems_.full()) return;
    if (IsOneOf(field.key, known)) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    AddProblem(field.key, absl::StrCat("unknown field",
                                       NearestNameHint(field.key, names)));
  }
}

const YamlNode* YamlMap::Scalar(absl::string_view key,
                                absl::string_view wanted) {
  const YamlNode* node = Get(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kScalar) return node;
  AddProblem(key,
             absl::StrCat("must be ", wanted, ", not ", DescribeNode(*node)));
  return nullptr;
}

void YamlMap::Text(absl::string_view key, std::string& value) {
  // A name or a text may look like anything: `name: 7` is the text "7".
  const YamlNode* node = Scalar(key, "text");
  if (node != nullptr) value = node->text;
}

void YamlMap::RequiredText(absl::string_view key, std::string& value) {
  const YamlNode* node = Get(key);
  if (node == nullptr) {
    AddProblem(key, "is missing");
    return;
  }
  Text(key, value);
  if (node->kind == YamlNode::Kind::kScalar && value.empty()) {
    AddProblem(key, "is empty");
  }
}

bool YamlMap::Value(absl::string_view key, absl::string_view wanted,
                    v1::ParameterValue& value) {
  const YamlNode* node = Scalar(key, wanted);
  if (node == nullptr) return false;
  value = ScalarValue(*node);
  return true;
}

void YamlMap::Boolean(absl::string_view key, bool& value) {
  v1::ParameterValue found;
  if (!Value(key, "true or false", found)) return;
  if (found.kind_case() == v1::ParameterValue::kBooleanValue) {
    value = found.boolean_value();
    return;
  }
  AddProblem(key, absl::StrCat("must be true or false, not ",
                               DescribeNode(*Get(key))));
}

bool YamlMap::Number(absl::string_view key, double& value) {
  v1::ParameterValue found;
  if (!Value(key, "a number", found)) return false;
  if (found.kind_case() == v1::ParameterValue::kIntegerValue) {
    value = static_cast<double>(found.integer_value());
    return true;
  }
  if (found.kind_case() == v1::ParameterValue::kNumberValue &&
      std::isfinite(found.number_value())) {
    value = found.number_value();
    return true;
  }
  AddProblem(key,
             absl::StrCat("must be a number, not ", DescribeNode(*Get(key))));
  return false;
}

bool YamlMap::Integer(absl::string_view key, int64_t& value) {
  v1::ParameterValue found;
  if (!Value(key, "a whole number", found)) return false;
  if (found.kind_case() == v1::ParameterValue::kIntegerValue) {
    value = found.integer_value();
    return true;
  }
  AddProblem(key, absl::StrCat("must be a whole number, not ",
                               DescribeNode(*Get(key))));
  return false;
}

bool YamlMap::Duration(absl::string_view key, absl::Duration& value) {
  constexpr absl::string_view kWanted =
      "a duration such as 250ms, 90s or 1h30m";
  const YamlNode* node = Scalar(key, kWanted);
  if (node == nullptr) return false;
  absl::Duration parsed;
  if (absl::ParseDuration(node->text, &parsed) &&
      parsed < absl::InfiniteDuration() && parsed > -absl::InfiniteDuration()) {
    value = parsed;
    return true;
  }
  AddProblem(key,
             absl::StrCat("must be ", kWanted, ", not ", DescribeNode(*node)));
  return false;
}

bool YamlMap::PositiveDuration(absl::string_view key, absl::Duration& value) {
  if (!Duration(key, value)) return false;
  if (value > absl::ZeroDuration()) return true;
  AddProblem(key, absl::StrCat("must be longer than 0s, not ", Get(key)->text));
  return false;
}

void YamlMap::List(absl::string_view key,
                   absl::FunctionRef<void(const YamlNode& item)> each) {
  const YamlNode* node = Get(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return;
  if (node->kind != YamlNode::Kind::kList) {
    AddProblem(key, absl::StrCat("must be a list, not ", DescribeNode(*node)));
    return;
  }
  for (const YamlNode& item : node->items) each(item);
}

void YamlMap::Fields(
    absl::string_view key,
    absl::FunctionRef<absl::Status(const YamlField& field)> read) {
  const YamlNode* node = Get(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return;
  YamlMap map = Child(key, *node);
  for (const YamlField& field : node->fields) {
    const absl::Status status = read(field);
    if (!status.ok()) map.AddProblem(field.key, status.message());
  }
}

YamlMap YamlMap::Child(absl::string_view key, const YamlNode& node) {
  return YamlMap(node, PathOf(key), lines_, problems_);
}

}  // namespace stagecoach
