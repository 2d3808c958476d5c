#include "orchestrator/engine/single_flight.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const StepRef kA = {"a", 1};
const StepRef kB = {"b", 1};
const StepRef kC = {"c", 1};

TEST(SingleFlightTest, TheFirstLeadsAndTheOthersWaitForItsResult) {
  SingleFlight flights;
  EXPECT_TRUE(flights.Join("k", kA));
  EXPECT_FALSE(flights.Join("k", kB));
  EXPECT_FALSE(flights.Join("k", kC));
  EXPECT_TRUE(flights.Join("k", kA));
  EXPECT_THAT(flights.Land(kA), ElementsAre(kB, kC));
  EXPECT_TRUE(flights.Join("k", kB));
}

TEST(SingleFlightTest, TheNextLeadsWhenTheFirstGivesUp) {
  SingleFlight flights;
  for (const StepRef& step : {kA, kB, kC}) flights.Join("k", step);
  EXPECT_EQ(flights.Leave(kA), kB);
  EXPECT_THAT(flights.Land(kB), ElementsAre(kC));
}

TEST(SingleFlightTest, OneThatWaitedLeavesQuietly) {
  SingleFlight flights;
  for (const StepRef& step : {kA, kB, kC}) flights.Join("k", step);
  EXPECT_EQ(flights.Leave(kB), std::nullopt);
  EXPECT_EQ(flights.Leave(kB), std::nullopt);
  EXPECT_THAT(flights.Land(kA), ElementsAre(kC));
  EXPECT_THAT(flights.Land(kA), IsEmpty());
}

TEST(SingleFlightTest, DifferentWorkDoesNotWait) {
  SingleFlight flights;
  EXPECT_TRUE(flights.Join("k", kA));
  EXPECT_TRUE(flights.Join("l", kB));
  EXPECT_EQ(flights.Leave(kA), std::nullopt);
  EXPECT_TRUE(flights.Join("k", kC));
}

}  // namespace
}  // namespace stagecoach
