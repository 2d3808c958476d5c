#include "services/common/contract/execution_id.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

TEST(ExecutionIdTest, ReadsWhatItWrites) {
  const ExecutionId id{"airline-7k2m9q", "train", 12};
  EXPECT_EQ(FormatExecutionId(id), "airline-7k2m9q/train/12");
  EXPECT_THAT(ParseExecutionId("airline-7k2m9q/train/12"), IsOkAndHolds(id));
  const std::string longest =
      std::string(128, 'r') + "/" + std::string(128, 's') + "/2147483647";
  ASSERT_OK(ParseExecutionId(longest));
  EXPECT_EQ(FormatExecutionId(*ParseExecutionId(longest)), longest);
}

TEST(ExecutionIdTest, NeedsThreeParts) {
  for (const std::string text : {"", "a", "a/b", "a/b/1/2", "/a/b/1"}) {
    EXPECT_THAT(ParseExecutionId(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("<run>/<step>/<attempt>")))
        << text;
  }
}

TEST(ExecutionIdTest, NamesThePartThatIsWrong) {
  EXPECT_THAT(ParseExecutionId("../train/1"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("run of execution_id is '..'")));
  EXPECT_THAT(ParseExecutionId("run//1"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("step of execution_id is empty")));
}

TEST(ExecutionIdTest, AnAttemptHasOneSpelling) {
  for (const std::string attempt :
       {"", "0", "-1", "+1", "01", " 1", "1.0", "x", "2147483648"}) {
    EXPECT_THAT(ParseExecutionId("run/step/" + attempt),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("attempt of execution_id")))
        << attempt;
  }
}

}  // namespace
}  // namespace stagecoach
