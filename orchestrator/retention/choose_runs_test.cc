#include "orchestrator/retention/choose_runs.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

RetentionCandidate Ended(const std::string& id, absl::Duration ago,
                         const std::string& pipeline = "airline") {
  RetentionCandidate run;
  run.run_id = id;
  run.pipeline = pipeline;
  run.end_time = kNow - ago;
  return run;
}

v1::RetentionPolicy Policy(absl::Duration max_age, int keep_last) {
  v1::RetentionPolicy policy;
  if (max_age > absl::ZeroDuration()) {
    *policy.mutable_max_age() = ToProtoDuration(max_age);
  }
  policy.set_keep_last(keep_last);
  return policy;
}

std::vector<std::string> Ids(const std::vector<RetentionCandidate>& runs) {
  std::vector<std::string> ids;
  for (const RetentionCandidate& run : runs) ids.push_back(run.run_id);
  return ids;
}

std::vector<std::string> NotKept(const v1::RetentionPolicy& policy,
                                 const std::vector<RetentionCandidate>& runs) {
  return Ids(RunsNotKept(runs, policy, kNow));
}

TEST(CheckPolicyTest, APolicyThatKeepsEverythingIsRefused) {
  EXPECT_THAT(CheckPolicy(v1::RetentionPolicy()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("set max_age, keep_last or both")));
  EXPECT_THAT(CheckPolicy(Policy(absl::ZeroDuration(), -1)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("policy.keep_last is -1")));
  v1::RetentionPolicy negative;
  negative.mutable_max_age()->set_seconds(-5);
  EXPECT_THAT(CheckPolicy(negative),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("policy.max_age is -5s")));
  EXPECT_OK(CheckPolicy(Policy(absl::Hours(1), 0)));
  EXPECT_OK(CheckPolicy(Policy(absl::ZeroDuration(), 1)));
}

TEST(CheckPolicyTest, AnAgeOfZeroIsARuleThatKeepsNothing) {
  v1::RetentionPolicy policy;
  policy.mutable_max_age();
  EXPECT_OK(CheckPolicy(policy));
  EXPECT_THAT(NotKept(policy, {Ended("now", absl::ZeroDuration())}),
              ElementsAre("now"));
}

TEST(RunsNotKeptTest, ByAgeTheOldGo) {
  EXPECT_THAT(
      NotKept(Policy(absl::Hours(2), 0),
              {Ended("older", absl::Hours(3)), Ended("just", absl::Hours(2)),
               Ended("younger", absl::Hours(1))}),
      ElementsAre("older", "just"));
}

TEST(RunsNotKeptTest, TheLastOfEachPipelineStay) {
  EXPECT_THAT(NotKept(Policy(absl::ZeroDuration(), 2),
                      {Ended("a1", absl::Hours(9)),
                       Ended("b1", absl::Hours(8), "other"),
                       Ended("a2", absl::Hours(7)), Ended("a3", absl::Hours(6)),
                       Ended("a4", absl::Hours(5))}),
              ElementsAre("a1", "a2"));
}

TEST(RunsNotKeptTest, ARunStaysIfEitherRuleKeepsIt) {
  EXPECT_THAT(NotKept(Policy(absl::Hours(2), 1),
                      {Ended("a1", absl::Hours(3)), Ended("a2", absl::Hours(1)),
                       Ended("a3", absl::Hours(1)),
                       Ended("b1", absl::Hours(9), "other")}),
              ElementsAre("a1"));
}

struct Web {
  std::string name;
  // The candidates; one that ends in `!` is pinned.
  std::vector<std::string> candidates;
  NeededBy needed_by;
  std::vector<std::string> going;
  std::vector<std::string> order;
};

class ChooseRunsTest : public testing::TestWithParam<Web> {};

TEST_P(ChooseRunsTest, WhatStaysKeepsWhatItNeeds) {
  std::vector<RetentionCandidate> candidates;
  for (std::string id : GetParam().candidates) {
    const bool pinned = id.back() == '!';
    if (pinned) id.pop_back();
    candidates.push_back(Ended(id, absl::Hours(1)));
    if (pinned) candidates.back().kept_because = "pinned";
  }
  const RetentionChoice choice =
      ChooseRuns(std::move(candidates), GetParam().needed_by);
  EXPECT_EQ(Ids(choice.going), GetParam().going);
  EXPECT_EQ(choice.deletion_order, GetParam().order);
  for (const RetentionCandidate& kept : choice.kept) {
    EXPECT_NE(kept.kept_because, "") << kept.run_id;
  }
  EXPECT_EQ(choice.going.size() + choice.kept.size(),
            GetParam().candidates.size());
}

INSTANTIATE_TEST_SUITE_P(
    Webs, ChooseRunsTest,
    testing::Values(
        Web{"Strangers", {"a", "b"}, {}, {"a", "b"}, {"a", "b"}},
        Web{"NeededByOneThatStays", {"a", "b"}, {{"a", {"x"}}}, {"b"}, {"b"}},
        Web{"NeededByOneThatGoes",
            {"a", "b"},
            {{"a", {"b"}}},
            {"a", "b"},
            {"b", "a"}},
        Web{"NeededByBoth", {"a", "b"}, {{"a", {"b", "x"}}}, {"b"}, {"b"}},
        Web{"AWholeChainStays",
            {"a", "b", "c"},
            {{"a", {"b"}}, {"b", {"c"}}, {"c", {"x"}}},
            {},
            {}},
        Web{"TheUnneededEndOfAChainGoes",
            {"a", "b", "c"},
            {{"a", {"b", "x"}}, {"b", {"c"}}},
            {"b", "c"},
            {"c", "b"}},
        Web{"APinKeepsWhatItWasMadeFrom",
            {"a", "b!", "c"},
            {{"a", {"b"}}, {"b", {"c"}}},
            {"c"},
            {"c"}},
        Web{"ADiamondGoesFromItsEnd",
            {"a", "b", "c", "d"},
            {{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}},
            {"a", "b", "c", "d"},
            {"d", "b", "c", "a"}},
        Web{"AnOlderRunMayNeedAYoungerOne",
            {"a", "b"},
            {{"b", {"a"}}},
            {"a", "b"},
            {"a", "b"}}),
    [](const auto& web) { return web.param.name; });

TEST(ChooseRunsTest, TheReasonNamesWhoNeedsIt) {
  const RetentionChoice choice =
      ChooseRuns({Ended("a", absl::Hours(1))}, {{"a", {"x"}}});
  ASSERT_EQ(choice.kept.size(), 1u);
  EXPECT_EQ(choice.kept[0].kept_because, "run x needs it");
  EXPECT_THAT(choice.deletion_order, IsEmpty());
}

}  // namespace
}  // namespace stagecoach
