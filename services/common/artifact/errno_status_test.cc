#include "services/common/artifact/errno_status.h"

#include <cerrno>

#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ErrnoStatusTest, TheCodeSaysWhatTheCallerMayDo) {
  const struct {
    int number;
    StatusCode code;
  } kCases[] = {
      {ENOENT, StatusCode::kNotFound},
      {EEXIST, StatusCode::kAlreadyExists},
      {EXDEV, StatusCode::kInvalidArgument},
      {ELOOP, StatusCode::kInvalidArgument},
      {EACCES, StatusCode::kFailedPrecondition},
      {EROFS, StatusCode::kFailedPrecondition},
      {EISDIR, StatusCode::kFailedPrecondition},
      {ENOTDIR, StatusCode::kFailedPrecondition},
      {ENOSPC, StatusCode::kResourceExhausted},
      {EDQUOT, StatusCode::kResourceExhausted},
      {EMFILE, StatusCode::kResourceExhausted},
      {EIO, StatusCode::kUnavailable},
      {ESTALE, StatusCode::kUnavailable},
      {ETIMEDOUT, StatusCode::kUnavailable},
      {EBADF, StatusCode::kInternal},
  };
  for (const auto& [number, code] : kCases) {
    EXPECT_THAT(ErrnoStatus(number, "open a"), StatusIs(code)) << number;
  }
}

TEST(ErrnoStatusTest, TheMessageNamesOperationFileAndError) {
  EXPECT_THAT(ErrnoStatus(ENOSPC, "write pvc://v/a"),
              StatusIs(StatusCode::kResourceExhausted,
                       "write pvc://v/a: the volume is full (ENOSPC)"));
  EXPECT_THAT(ErrnoStatus(99999, "write a"),
              StatusIs(StatusCode::kInternal,
                       AllOf(StartsWith("write a: "), HasSubstr("99999"))));
}

TEST(ErrnoStatusTest, TheErrorsNameTravelsWithTheStatus) {
  EXPECT_EQ(ErrnoName(ErrnoStatus(ESTALE, "open a")), "ESTALE");
  EXPECT_EQ(ErrnoName(absl::UnavailableError("x")), "");
}

}  // namespace
}  // namespace stagecoach
