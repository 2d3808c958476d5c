#include "orchestrator/cli/exit_code.h"

#include "gtest/gtest.h"
#include "orchestrator/cli/client/orchestrator_client.h"

namespace stagecoach {
namespace {

TEST(ExitCodeTest, NumbersAreWhatScriptsKnow) {
  EXPECT_EQ(static_cast<int>(ExitCodeFor(absl::OkStatus())), 0);
  EXPECT_EQ(static_cast<int>(ExitCodeFor(absl::NotFoundError("x"))), 1);
  EXPECT_EQ(static_cast<int>(ExitCodeFor(UsageError("x"))), 2);
  EXPECT_EQ(static_cast<int>(ExitCodeFor(NotReachable("x"))), 3);
  EXPECT_EQ(static_cast<int>(ExitCodeFor(absl::CancelledError("x"))), 130);
}

TEST(ExitCodeTest, AServersErrorIsNoUsageErrorAndNotUnreachable) {
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("x")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeFor(absl::UnavailableError("x")), ExitCode::kFailed);
}

TEST(ExitCodeTest, TheLineHasTheCodeWhereItTellsMore) {
  EXPECT_EQ(ErrorLine(absl::NotFoundError("no run")), "no run [NOT_FOUND]");
  EXPECT_EQ(ErrorLine(UsageError("no verb")), "no verb");
  EXPECT_EQ(ErrorLine(NotReachable("nobody")), "nobody");
}

}  // namespace
}  // namespace stagecoach
