#include "services/common/contract/names.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(NamesTest, LowerCaseNamesAreLettersDigitsAndDashes) {
  EXPECT_OK(CheckLowerCaseName("name of stage", "train"));
  EXPECT_OK(CheckLowerCaseName("name of stage", "a"));
  EXPECT_OK(CheckLowerCaseName("name of stage", "train-2"));
  EXPECT_OK(CheckLowerCaseName("name of stage", std::string(63, 'a')));
  for (const std::string& bad :
       {std::string("Train"), std::string("2train"), std::string("a_b"),
        std::string("-a"), std::string("a b"), std::string("a\0b", 3),
        std::string(64, 'a')}) {
    EXPECT_THAT(CheckLowerCaseName("name of stage", bad),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("name of stage is '"),
                               HasSubstr("at most 63"))))
        << bad;
  }
}

TEST(NamesTest, AnEmptyNameIsCalledEmpty) {
  EXPECT_THAT(CheckLowerCaseName("name of step", ""),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("name of step is empty; it must be")));
}

TEST(NamesTest, FieldNamesTakeBothCasesAndUnderscores) {
  EXPECT_OK(CheckFieldName("name", "X_train"));
  EXPECT_OK(CheckFieldName("name", std::string(64, 'x')));
  for (const std::string& bad :
       {std::string("1x"), std::string("_x"), std::string("x-y"),
        std::string("größe"), std::string(65, 'x')}) {
    EXPECT_THAT(CheckFieldName("name", bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(NamesTest, IdPartsCannotLeaveADirectory) {
  EXPECT_OK(CheckIdPart("run", "airline-7k2m9q"));
  EXPECT_OK(CheckIdPart("run", "0a.B_c-d"));
  EXPECT_OK(CheckIdPart("run", std::string(128, 'x')));
  for (const std::string& bad :
       {std::string("."), std::string(".."), std::string("a/b"),
        std::string("-a"), std::string(129, 'x')}) {
    EXPECT_THAT(CheckIdPart("run", bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(NamesTest, FileNamesAreNeitherHiddenNorFlagsNorPaths) {
  EXPECT_OK(CheckFileName("file_name", "_my-data.2.csv"));
  for (const char* bad : {".csv", "-rf", "a/b.csv", "..", "a b.csv"}) {
    EXPECT_THAT(CheckFileName("file_name", bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(NamesTest, UnprintableAndLongNamesAreShownSafely) {
  EXPECT_THAT(
      CheckFieldName("name", "a\nb"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is 'a\\nb';")));
  const absl::Status status = CheckFieldName("name", std::string(9999, 'x'));
  EXPECT_LT(status.message().size(), 250u);
}

}  // namespace
}  // namespace stagecoach
