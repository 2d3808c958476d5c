#include "services/common/base/retry_hint.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(RetryHintTest, ComesBackAsItWasSet) {
  absl::Status status = absl::ResourceExhaustedError("no free slot");
  SetRetryHint(status, absl::Milliseconds(250));
  EXPECT_EQ(RetryHint(status), absl::Milliseconds(250));
}

TEST(RetryHintTest, IsAbsentUnlessSet) {
  EXPECT_EQ(RetryHint(absl::ResourceExhaustedError("out of memory")),
            absl::nullopt);
}

TEST(RetryHintTest, AMalformedHintCountsAsNone) {
  absl::Status status = absl::ResourceExhaustedError("no free slot");
  status.SetPayload("stagecoach/retry-after-ms", absl::Cord("soon"));
  EXPECT_EQ(RetryHint(status), absl::nullopt);
}

}  // namespace
}  // namespace stagecoach
