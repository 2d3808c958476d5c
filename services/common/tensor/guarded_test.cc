#include "services/common/tensor/guarded.h"

#include <ATen/ATen.h>

#include <new>
#include <stdexcept>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(GuardedTest, LetsWhatTheBodyReturnsThrough) {
  EXPECT_OK(Guarded("work", [] { return absl::OkStatus(); }));
  EXPECT_THAT(Guarded("work", [] { return absl::NotFoundError("gone"); }),
              StatusIs(absl::StatusCode::kNotFound, "gone"));
  EXPECT_THAT(Guarded("work", []() -> absl::StatusOr<int> { return 7; }),
              IsOkAndHolds(7));
}

TEST(GuardedTest, ErrorsOfTorchBecomeInternalWithTheirFirstLineOnly) {
  const absl::Status status = Guarded("multiply", []() -> absl::Status {
    at::matmul(at::zeros({2, 3}), at::zeros({2, 3}));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal,
                               AllOf(StartsWith("multiply: "),
                                     HasSubstr("cannot be multiplied"),
                                     Not(HasSubstr("\n")))));
}

TEST(GuardedTest, MemoryThatTorchDoesNotGetIsResourceExhausted) {
  const absl::Status status = Guarded("allocate", []() -> absl::Status {
    at::empty({int64_t{1} << 55});
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               "allocate: out of memory"));
}

TEST(GuardedTest, BadAllocIsResourceExhausted) {
  EXPECT_THAT(
      Guarded("work", []() -> absl::Status { throw std::bad_alloc(); }),
      StatusIs(absl::StatusCode::kResourceExhausted, "work: out of memory"));
}

TEST(GuardedTest, OtherExceptionsAreInternal) {
  EXPECT_THAT(
      Guarded("work",
              []() -> absl::Status { throw std::runtime_error("one\ntwo"); }),
      StatusIs(absl::StatusCode::kInternal, "work: one"));
  EXPECT_THAT(Guarded("work", []() -> absl::Status { throw 1; }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("unknown type")));
}

}  // namespace
}  // namespace stagecoach
