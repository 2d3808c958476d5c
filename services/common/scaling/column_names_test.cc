#include "services/common/scaling/column_names.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;

TEST(ColumnNamesTest, ReadBackFromTheMetadata) {
  const std::string text = ColumnsText({"a,\"b\"", "größe"});
  EXPECT_THAT(ColumnNames({{kColumnsKey, text}}, 2),
              ElementsAre("a,\"b\"", "größe"));
}

TEST(ColumnNamesTest, AreNumbersWhereTheMetadataDoesNotFit) {
  EXPECT_THAT(ColumnNames({}, 2), ElementsAre("0", "1"));
  for (const char* const text :
       {"", "nonsense", "[\"a\"]", "[\"a\",\"a\"]", "[1,2]", "{}"}) {
    EXPECT_THAT(ColumnNames({{kColumnsKey, text}}, 2), ElementsAre("0", "1"))
        << text;
  }
}

}  // namespace
}  // namespace stagecoach
