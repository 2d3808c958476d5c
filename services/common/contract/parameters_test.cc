#include "services/common/contract/parameters.h"

#include <cmath>
#include <limits>
#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kOutOfRange = absl::StatusCode::kOutOfRange;

v1::ParameterSpec Spec(const std::string& text) {
  v1::ParameterSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return spec;
}

v1::ParameterSpec Proportion() {
  return Spec(R"(name: "proportion" type: PARAMETER_TYPE_NUMBER
                 default_value { number_value: 0.7 }
                 minimum: 0 minimum_excluded: true
                 maximum: 1 maximum_excluded: true)");
}

v1::ParameterSpec Lookback() {
  return Spec(R"(name: "lookback" type: PARAMETER_TYPE_INTEGER minimum: 1)");
}

ParameterSpecs LoadSpecs() {
  ParameterSpecs specs;
  *specs.Add() = Proportion();
  *specs.Add() = Lookback();
  return specs;
}

absl::Status Check(const v1::ParameterSpec& spec,
                   const v1::ParameterValue& value) {
  return CheckParameterValue(spec, value, "stage 'load'");
}

TEST(ResolveParametersTest, FillsInDefaults) {
  GivenParameters given;
  given["lookback"] = IntegerValue(4);
  const auto resolved = ResolveParameters(LoadSpecs(), given, "stage 'load'");
  ASSERT_OK(resolved);
  ASSERT_EQ(resolved->size(), 2u);
  EXPECT_TRUE(SameValue(resolved->at("proportion"), NumberValue(0.7)));
  EXPECT_TRUE(SameValue(resolved->at("lookback"), IntegerValue(4)));
}

TEST(ResolveParametersTest, AWholeNumberGivenForANumberBecomesADouble) {
  ParameterSpecs specs;
  *specs.Add() = Spec(R"(name: "rate" type: PARAMETER_TYPE_NUMBER)");
  GivenParameters given;
  given["rate"] = IntegerValue(2);
  const auto resolved = ResolveParameters(specs, given, "stage 'train'");
  ASSERT_OK(resolved);
  EXPECT_TRUE(SameValue(resolved->at("rate"), NumberValue(2)));
}

TEST(ResolveParametersTest, ATypoGetsTheNearestName) {
  GivenParameters given;
  given["proporton"] = NumberValue(0.7);
  given["zzz"] = NumberValue(0.7);
  EXPECT_THAT(
      ResolveParameters(LoadSpecs(), given, "stage 'load'"),
      StatusIs(kInvalid, Eq("stage 'load' has no parameter 'proporton'; did "
                            "you mean \"proportion\"?")));
}

TEST(ResolveParametersTest, AParameterWithoutDefaultIsRequired) {
  EXPECT_THAT(
      ResolveParameters(LoadSpecs(), {}, "stage 'load'"),
      StatusIs(kInvalid, Eq("stage 'load' needs parameter 'lookback', a whole "
                            "number, at least 1, and it was not given")));
}

TEST(CheckParameterValueTest, AWrongTypeIsNamedWithTheValueAndTheRule) {
  EXPECT_THAT(
      Check(Proportion(), StringValue("0.7")),
      StatusIs(kInvalid,
               Eq("parameter 'proportion' of stage 'load' is a string, "
                  "\"0.7\"; it must be a number greater than 0 and less than "
                  "1")));
  EXPECT_THAT(Check(Lookback(), NumberValue(4)),
              StatusIs(kInvalid, HasSubstr("is a number, 4.0; it must be a "
                                           "whole number, at least 1")));
  EXPECT_THAT(Check(Lookback(), {}),
              StatusIs(kInvalid, HasSubstr("is not set; it must be")));
}

TEST(CheckParameterValueTest, AValueBeyondItsRangeIsNamedWithTheRange) {
  for (const double value : {0.0, 1.0, 1.5, -1.0}) {
    EXPECT_THAT(Check(Proportion(), NumberValue(value)),
                StatusIs(kOutOfRange,
                         HasSubstr("; it must be a number greater than 0 and "
                                   "less than 1")))
        << value;
  }
  EXPECT_THAT(
      Check(Proportion(), NumberValue(1.5)),
      StatusIs(kOutOfRange, HasSubstr("'proportion' of stage 'load' is 1.5;")));
  EXPECT_OK(Check(Proportion(), NumberValue(0.5)));
  EXPECT_THAT(Check(Lookback(), IntegerValue(0)), StatusIs(kOutOfRange));
  EXPECT_OK(Check(Lookback(), IntegerValue(1)));
}

TEST(CheckParameterValueTest, NumbersMustBeFinite) {
  v1::ParameterSpec unbounded =
      Spec(R"(name: "rate" type: PARAMETER_TYPE_NUMBER)");
  for (const double value :
       {std::nan(""), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(Check(unbounded, NumberValue(value)), StatusIs(kInvalid));
  }
}

TEST(CheckParameterValueTest, LargeWholeNumbersAreComparedExactly) {
  // 2^53 + 1 is no double; rounded to one it would pass.
  v1::ParameterSpec spec = Spec(R"(name: "seed" type: PARAMETER_TYPE_INTEGER
              maximum: 9007199254740992)");
  EXPECT_OK(Check(spec, IntegerValue(9007199254740992)));
  EXPECT_THAT(Check(spec, IntegerValue(9007199254740993)),
              StatusIs(kOutOfRange));
}

TEST(CheckParameterValueTest, AStringMayBeHeldToChoices) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "format" type: PARAMETER_TYPE_STRING
              choices: "csv" choices: "tsv")");
  EXPECT_OK(Check(spec, StringValue("csv")));
  EXPECT_THAT(Check(spec, StringValue("xml")),
              StatusIs(kInvalid, HasSubstr("is \"xml\"; it must be one of "
                                           "\"csv\", \"tsv\"")));
}

TEST(CheckParameterValueTest, AStringHasALimit) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "text" type: PARAMETER_TYPE_STRING)");
  EXPECT_OK(Check(spec, StringValue(std::string(65536, 'x'))));
  EXPECT_THAT(Check(spec, StringValue(std::string(65537, 'x'))),
              StatusIs(kOutOfRange, HasSubstr("65537 bytes")));
}

TEST(CheckParameterValueTest, AnIntegerOrStringTakesBothAndNothingElse) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "column" type: PARAMETER_TYPE_INTEGER_OR_STRING)");
  EXPECT_OK(Check(spec, IntegerValue(-1)));
  EXPECT_OK(Check(spec, StringValue("Passengers")));
  EXPECT_THAT(Check(spec, NumberValue(0.5)),
              StatusIs(kInvalid, HasSubstr("a whole number or a string")));
  EXPECT_THAT(Check(spec, BooleanValue(true)), StatusIs(kInvalid));
}

TEST(CheckParameterValueTest, AListTakesAnyNumberOfTextsAndNothingElse) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "columns" type: PARAMETER_TYPE_STRING_LIST)");
  EXPECT_OK(Check(spec, StringListValue({})));
  EXPECT_OK(Check(spec, StringListValue({"a", "b", "a"})));
  EXPECT_THAT(Check(spec, StringValue("a")),
              StatusIs(kInvalid, HasSubstr("is a string, \"a\"; it must be a "
                                           "list of strings")));
  EXPECT_THAT(
      Check(spec, StringListValue(
                      {std::string(40000, 'x'), std::string(40000, 'y')})),
      StatusIs(kOutOfRange, HasSubstr("is 80000 bytes long; it may have")));
}

TEST(CheckParameterValueTest, EachTextOfAListMayBeHeldToChoices) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "calendar" type: PARAMETER_TYPE_STRING_LIST
              choices: "month" choices: "hour")");
  EXPECT_OK(Check(spec, StringListValue({"hour", "month"})));
  EXPECT_THAT(Check(spec, StringListValue({"hour", "mnth"})),
              StatusIs(kInvalid, HasSubstr("holds \"mnth\"; it must be a list "
                                           "of any of \"month\", \"hour\"")));
}

TEST(CheckParameterValueTest, ABooleanTakesNoOtherKind) {
  const v1::ParameterSpec spec =
      Spec(R"(name: "shuffle" type: PARAMETER_TYPE_BOOLEAN)");
  EXPECT_OK(Check(spec, BooleanValue(false)));
  EXPECT_THAT(Check(spec, IntegerValue(1)),
              StatusIs(kInvalid, HasSubstr("it must be true or false")));
}

TEST(DescribeAllowedTest, ReadsLikeASentence) {
  EXPECT_EQ(DescribeAllowed(Proportion()),
            "a number greater than 0 and less than 1");
  EXPECT_EQ(DescribeAllowed(Lookback()), "a whole number, at least 1");
  EXPECT_EQ(DescribeAllowed(Spec(R"(type: PARAMETER_TYPE_INTEGER
                                    minimum: 1 maximum: 100)")),
            "a whole number from 1 to 100");
  EXPECT_EQ(DescribeAllowed(Spec(R"(type: PARAMETER_TYPE_NUMBER minimum: 0
                                    minimum_excluded: true maximum: 1)")),
            "a number greater than 0 and at most 1");
  EXPECT_EQ(DescribeAllowed(Spec(R"(type: PARAMETER_TYPE_NUMBER maximum: 1
                                    maximum_excluded: true)")),
            "a number less than 1");
  EXPECT_EQ(DescribeAllowed(Spec("type: PARAMETER_TYPE_STRING")), "a string");
}

TEST(DescribeAllowedTest, WritesLargeWholeBoundsInFull) {
  EXPECT_EQ(DescribeAllowed(Spec(R"(type: PARAMETER_TYPE_INTEGER
                                    minimum: 1 maximum: 100000000)")),
            "a whole number from 1 to 100000000");
}

TEST(ValidateParameterSpecTest, AcceptsTheReferenceStagesSpecs) {
  EXPECT_OK(ValidateParameterSpec(Proportion(), "stage 'load'"));
  EXPECT_OK(ValidateParameterSpec(Lookback(), "stage 'load'"));
}

TEST(ValidateParameterSpecTest, RefusesWhatMakesNoSense) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(name: "1" type: PARAMETER_TYPE_STRING)", "name of a parameter"},
      {R"(name: "a")", "has no type"},
      {R"(name: "a" type: PARAMETER_TYPE_STRING minimum: 1)", "has a range"},
      {R"(name: "a" type: PARAMETER_TYPE_NUMBER minimum: inf)", "not finite"},
      {R"(name: "a" type: PARAMETER_TYPE_NUMBER maximum: nan)", "not finite"},
      {R"(name: "a" type: PARAMETER_TYPE_NUMBER minimum_excluded: true)",
       "excludes a bound"},
      {R"(name: "a" type: PARAMETER_TYPE_INTEGER minimum: 2 maximum: 1)",
       "empty range"},
      {R"(name: "a" type: PARAMETER_TYPE_NUMBER minimum: 1 maximum: 1
          maximum_excluded: true)",
       "empty range"},
      {R"(name: "a" type: PARAMETER_TYPE_INTEGER choices: "x")", "has choices"},
      {R"(name: "a" type: PARAMETER_TYPE_STRING choices: "x" choices: "x")",
       "the choice 'x' twice"},
      {R"(name: "a" type: PARAMETER_TYPE_INTEGER minimum: 1
          default_value { integer_value: 0 })",
       "default value: parameter 'a'"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_FALSE(ValidateParameterSpec(Spec(text), "stage 's'").ok()) << text;
    EXPECT_THAT(
        std::string(ValidateParameterSpec(Spec(text), "stage 's'").message()),
        HasSubstr(message));
  }
}

}  // namespace
}  // namespace stagecoach
