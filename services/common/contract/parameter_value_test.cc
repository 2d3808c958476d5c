#include "services/common/contract/parameter_value.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(ParameterValueTest, ValuesAreEqualOnlyWithinAKind) {
  EXPECT_TRUE(SameValue(IntegerValue(1), IntegerValue(1)));
  EXPECT_FALSE(SameValue(IntegerValue(1), IntegerValue(2)));
  EXPECT_FALSE(SameValue(IntegerValue(1), NumberValue(1)));
  EXPECT_TRUE(SameValue(NumberValue(0.5), NumberValue(0.5)));
  EXPECT_FALSE(SameValue(StringValue("true"), BooleanValue(true)));
  EXPECT_TRUE(SameValue(StringValue("a"), StringValue("a")));
  EXPECT_TRUE(SameValue(BooleanValue(false), BooleanValue(false)));
  EXPECT_FALSE(SameValue(NumberValue(NAN), NumberValue(NAN)));
  EXPECT_TRUE(SameValue(StringListValue({"a"}), StringListValue({"a"})));
  EXPECT_FALSE(SameValue(StringListValue({"a"}), StringListValue({"a", "b"})));
  EXPECT_FALSE(SameValue(StringListValue({"a"}), StringValue("a")));
  EXPECT_TRUE(SameValue({}, {}));
  EXPECT_FALSE(SameValue({}, IntegerValue(0)));
}

TEST(ParameterValueTest, TextReadsBackAsTheSameNumber) {
  EXPECT_EQ(ParameterValueText(NumberValue(0.7)), "0.7");
  EXPECT_EQ(ParameterValueText(NumberValue(1e-3)), "0.001");
  EXPECT_EQ(ParameterValueText(NumberValue(4)), "4");
  const double third = 1.0 / 3;
  EXPECT_EQ(std::stod(ParameterValueText(NumberValue(third))), third);
  EXPECT_EQ(
      ParameterValueText(IntegerValue(std::numeric_limits<int64_t>::min())),
      "-9223372036854775808");
  EXPECT_EQ(ParameterValueText(StringValue("a b")), "a b");
  EXPECT_EQ(ParameterValueText(BooleanValue(true)), "true");
  EXPECT_EQ(ParameterValueText(StringListValue({"a", "b"})), "a,b");
  EXPECT_EQ(ParameterValueText({}), "");
}

TEST(ParameterValueTest, MessagesShowTheKindAndStayShort) {
  EXPECT_EQ(QuotedParameterValue(StringValue("0.7")), "\"0.7\"");
  EXPECT_EQ(QuotedParameterValue(StringValue("a\"\n")), "\"a\\\"\\n\"");
  EXPECT_EQ(QuotedParameterValue(NumberValue(4)), "4.0");
  EXPECT_EQ(QuotedParameterValue(NumberValue(1e300)), "1e+300");
  EXPECT_EQ(QuotedParameterValue(NumberValue(NAN)), "nan");
  EXPECT_EQ(QuotedParameterValue(IntegerValue(4)), "4");
  EXPECT_EQ(QuotedParameterValue(StringListValue({"a", "\n"})),
            R"(["a", "\n"])");
  EXPECT_EQ(QuotedParameterValue(StringListValue({})), "[]");
  EXPECT_EQ(QuotedParameterValue({}), "not set");
  EXPECT_LT(QuotedParameterValue(StringValue(std::string(9999, 'x'))).size(),
            70u);
}

}  // namespace
}  // namespace stagecoach
