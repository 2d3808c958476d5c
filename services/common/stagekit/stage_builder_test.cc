#include "services/common/stagekit/stage_builder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/description.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

TEST(StageBuilderTest, ParametersCarryTheirTypeDefaultAndRange) {
  const v1::StageDescription description =
      StageBuilder("load", "1.0.0", "Reads a column.")
          .Parameter(Integer("rows", "").Default(4).Minimum(1).Maximum(10))
          .Parameter(Number("proportion", "").Default(0.7).Above(0).Below(1))
          .Parameter(Number("rate", "").Default(1).Minimum(0).Maximum(2))
          .Parameter(String("format", "").Default("a").Choices({"a", "b"}))
          .Parameter(Boolean("header", "").Default(true))
          .Parameter(IntegerOrString("column", "").Default(-1))
          .Parameter(IntegerOrString("index", "").Default("Month"))
          .Parameter(StringList("names", "").Default({"a", "b"}))
          .Parameter(StringList("calendar", "").Default({}).Choices({"hour"}))
          .Build();
  ASSERT_OK(ValidateDescription(description));
  EXPECT_EQ(DescribeAllowed(description.parameters(0)),
            "a whole number from 1 to 10");
  EXPECT_EQ(DescribeAllowed(description.parameters(1)),
            "a number greater than 0 and less than 1");
  EXPECT_EQ(DescribeAllowed(description.parameters(2)), "a number from 0 to 2");
  EXPECT_EQ(DescribeAllowed(description.parameters(3)), "one of \"a\", \"b\"");
  EXPECT_TRUE(description.parameters(4).default_value().boolean_value());
  EXPECT_EQ(description.parameters(5).default_value().integer_value(), -1);
  EXPECT_EQ(description.parameters(6).default_value().string_value(), "Month");
  EXPECT_THAT(
      description.parameters(7).default_value().string_list_value().values(),
      testing::ElementsAre("a", "b"));
  EXPECT_EQ(DescribeAllowed(description.parameters(8)),
            "a list of any of \"hour\"");
  EXPECT_TRUE(
      description.parameters(8).default_value().has_string_list_value());
}

TEST(StageBuilderTest, AParameterWithoutDefaultIsRequired) {
  const v1::StageDescription description =
      StageBuilder("load", "1.0.0", "").Parameter(Integer("n", "")).Build();
  EXPECT_THAT(ResolveParameters(description.parameters(), {}, "stage 'load'"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(StageBuilderTest, InputsAndOutputsKeepTheirOrderTypeAndWhetherOptional) {
  const v1::StageDescription description =
      StageBuilder("load", "1.0.0", "Reads a column.")
          .Input("source", v1::ARTIFACT_TYPE_TABLE, "rows")
          .OptionalInput("names", v1::ARTIFACT_TYPE_TEXT, "names")
          .Output("train", v1::ARTIFACT_TYPE_TENSOR, "[n,1]")
          .OptionalOutput("report", v1::ARTIFACT_TYPE_REPORT, "what was seen")
          .Build();
  ASSERT_OK(ValidateDescription(description));
  EXPECT_EQ(description.inputs(0).name(), "source");
  EXPECT_EQ(description.inputs(0).type(), v1::ARTIFACT_TYPE_TABLE);
  EXPECT_FALSE(description.inputs(0).optional());
  EXPECT_TRUE(description.inputs(1).optional());
  EXPECT_FALSE(description.outputs(0).optional());
  EXPECT_TRUE(description.outputs(1).optional());
  EXPECT_EQ(description.outputs(1).documentation(), "what was seen");
}

}  // namespace
}  // namespace stagecoach
