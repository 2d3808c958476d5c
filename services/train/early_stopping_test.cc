#include "services/train/early_stopping.h"

#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

// The epoch after which training stops, -1 if it does not.
int64_t StopEpoch(const std::vector<double>& losses, int64_t patience,
                  EarlyStopping* state) {
  for (size_t epoch = 0; epoch < losses.size(); ++epoch) {
    *state = state->AfterEpoch(epoch, losses[epoch]);
    if (state->StopsAfter(epoch, patience)) return epoch;
  }
  return -1;
}

TEST(EarlyStoppingTest, StopsAtTheLastOfTheEpochsThatAreNoBetter) {
  EarlyStopping state;
  EXPECT_EQ(StopEpoch({5, 4, 3, 3.5, 3.1, 2}, /*patience=*/2, &state), 4);
  EXPECT_EQ(state, (EarlyStopping{3, 2}));
}

TEST(EarlyStoppingTest, AnEqualLossIsNoBetter) {
  EarlyStopping state;
  EXPECT_EQ(StopEpoch({3, 3, 3}, /*patience=*/2, &state), 2);
  EXPECT_EQ(state.best_epoch, 0);
}

TEST(EarlyStoppingTest, GoesOnWhileItGetsBetterInTime) {
  EarlyStopping state;
  EXPECT_EQ(StopEpoch({5, 6, 4, 7, 3, 8, 2}, /*patience=*/2, &state), -1);
  EXPECT_EQ(state, (EarlyStopping{2, 6}));
}

}  // namespace
}  // namespace stagecoach
