#include "orchestrator/api/http/router.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::vector<RoutePattern> kRoutes = {
    {"GET", "/v1/runs"},
    {"POST", "/v1/runs"},
    {"POST", "/v1/runs:execute"},
    {"GET", "/v1/runs/{run_id}"},
    {"POST", "/v1/runs/{run_id}:cancel"},
    {"GET", "/v1/runs/{run_id}/steps/{step}/log"},
};

size_t Find(absl::string_view method, absl::string_view path) {
  const RouteLookup lookup = FindRoute(kRoutes, method, path);
  return lookup.found ? lookup.match.route : kRoutes.size();
}

TEST(RouterTest, MethodAndPathLeadToOneRoute) {
  EXPECT_EQ(Find("GET", "/v1/runs"), 0u);
  EXPECT_EQ(Find("POST", "/v1/runs"), 1u);
  EXPECT_EQ(Find("POST", "/v1/runs:execute"), 2u);
  EXPECT_EQ(Find("GET", "/v1/runs/airline-1"), 3u);
  EXPECT_EQ(Find("POST", "/v1/runs/airline-1:cancel"), 4u);
}

TEST(RouterTest, PlaceholdersGetTheirText) {
  const RouteLookup lookup =
      FindRoute(kRoutes, "GET", "/v1/runs/airline-1/steps/train/log");
  ASSERT_TRUE(lookup.found);
  EXPECT_THAT(lookup.match.fields,
              ElementsAre(Pair("run_id", "airline-1"), Pair("step", "train")));
}

TEST(RouterTest, HeadIsTakenWhereGetIs) {
  EXPECT_EQ(Find("HEAD", "/v1/runs/airline-1"), 3u);
}

TEST(RouterTest, AnotherMethodIsToldWhichThereAre) {
  const RouteLookup lookup = FindRoute(kRoutes, "DELETE", "/v1/runs");
  EXPECT_FALSE(lookup.found);
  EXPECT_THAT(lookup.allowed, ElementsAre("GET", "HEAD", "POST"));
}

TEST(RouterTest, NoPlaceholderStandsForNothingOrForAVerb) {
  for (const char* path :
       {"/", "", "/v1", "/v1/runs/", "/v1/runs/a:explode", "/v1/runs/:cancel",
        "/v1/runs/a/b", "/v1/runs/a/steps//log", "//v1/runs", "/v1/runs/a:"}) {
    const RouteLookup lookup = FindRoute(kRoutes, "POST", path);
    EXPECT_FALSE(lookup.found) << path;
    EXPECT_THAT(lookup.allowed, IsEmpty()) << path;
  }
}

}  // namespace
}  // namespace stagecoach
