#include "orchestrator/cache/cache_key.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using testing::MatchesRegex;
using testing::Pair;
using testing::UnorderedElementsAre;

v1::StageDescription Stage(const std::string& name, const std::string& build) {
  v1::StageDescription stage;
  stage.set_name(name);
  stage.set_build_id(build);
  return stage;
}

v1::ParameterValue List(const std::vector<std::string>& texts) {
  v1::ParameterValue value;
  for (const std::string& text : texts) {
    value.mutable_string_list_value()->add_values(text);
  }
  return value;
}

TEST(CacheKeyTest, NamesEveryPartWithItsValue) {
  const v1::CacheLookup lookup = MakeCacheKey(
      Stage("train", "b1"),
      {{"epochs", IntegerValue(4)}, {"optimizer", StringValue("adam")}},
      {{"X", "d1"}});
  EXPECT_THAT(lookup.key(), MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(lookup.key().size(), 64u);
  EXPECT_THAT(
      lookup.key_parts(),
      UnorderedElementsAre(Pair("stage", "train"), Pair("build_id", "b1"),
                           Pair("parameter.epochs", "4"),
                           Pair("parameter.optimizer", "\"adam\""),
                           Pair("input.X", "d1")));
}

TEST(CacheKeyTest, EqualWorkHasOneKey) {
  const auto key = [] {
    return MakeCacheKey(Stage("train", "b1"), {{"epochs", IntegerValue(4)}},
                        {{"X", "d1"}})
        .key();
  };
  EXPECT_EQ(key(), key());
}

TEST(CacheKeyTest, WhatDiffersInAnyPartHasAnotherKey) {
  const std::string long_text(1000, 'x');
  std::set<std::string> keys;
  int made = 0;
  const auto add = [&](const v1::StageDescription& stage,
                       const ResolvedParameters& parameters,
                       const InputDigests& inputs) {
    keys.insert(MakeCacheKey(stage, parameters, inputs).key());
    ++made;
  };
  const v1::StageDescription stage = Stage("train", "b1");
  add(stage, {}, {});
  add(Stage("train", "b2"), {}, {});
  add(Stage("trainb", "1"), {}, {});
  add(stage, {}, {{"X", "d1"}});
  add(stage, {}, {{"X", "d2"}});
  add(stage, {}, {{"Y", "d1"}});
  for (const v1::ParameterValue& value :
       {IntegerValue(1), NumberValue(1), StringValue("1"), BooleanValue(true),
        StringValue("true"), StringValue(""), StringValue(long_text),
        StringValue(long_text + "y"), List({}), List({"a", "b"}),
        List({"a, b"}), List({"a\", \"b"}), StringValue("[]")}) {
    add(stage, {{"p", value}}, {});
  }
  EXPECT_EQ(static_cast<int>(keys.size()), made);
}

}  // namespace
}  // namespace stagecoach
