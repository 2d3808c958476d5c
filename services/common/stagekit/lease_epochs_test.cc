#include "services/common/stagekit/lease_epochs.h"

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

TEST(LeaseEpochsTest, AnEpochOnlyGrows) {
  LeaseEpochs leases(10);
  EXPECT_OK(leases.Check("run", 2));
  EXPECT_OK(leases.Check("run", 2));
  EXPECT_OK(leases.Check("run", 5));
  EXPECT_THAT(leases.Check("run", 4),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("epoch 5")));
  EXPECT_OK(leases.Check("run", 5));
}

TEST(LeaseEpochsTest, RunsHaveEpochsOfTheirOwn) {
  LeaseEpochs leases(10);
  EXPECT_OK(leases.Check("a", 5));
  EXPECT_OK(leases.Check("b", 1));
}

TEST(LeaseEpochsTest, ForgetsTheRunThatWasUsedLongestAgo) {
  LeaseEpochs leases(2);
  EXPECT_OK(leases.Check("a", 5));
  EXPECT_OK(leases.Check("b", 5));
  EXPECT_OK(leases.Check("a", 5));
  EXPECT_OK(leases.Check("c", 5));
  EXPECT_THAT(leases.Check("a", 1), StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(leases.Check("b", 1));
}

}  // namespace
}  // namespace stagecoach
