#include "orchestrator/cache/store_result_cache.h"

#include <memory>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/fleet/fake_fleet.h"
#include "orchestrator/store/memory_store.h"
#include "prometheus/registry.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const absl::Time kMade = absl::FromUnixSeconds(1'700'000'000);

class StoreResultCacheTest : public testing::Test {
 protected:
  StoreResultCacheTest() {
    v1::StageDescription stage;
    stage.set_name("train");
    stage.set_build_id("b1");
    v1::ParameterSpec* epochs = stage.add_parameters();
    epochs->set_name("epochs");
    epochs->set_type(v1::PARAMETER_TYPE_INTEGER);
    epochs->mutable_default_value()->set_integer_value(4);
    fleet_.AddStage(stage);
    fleet_.AddReplica("train", "train-0:1", 1);
    PutRun("asking");
    PutRun("other");
    files_->PutFile("data/a.csv", "x\n1\n");
    files_->PutFile("runs/old/train/1/w", "weights");
  }

  absl::StatusOr<v1::CacheLookup> Key(const CacheQuery& query) {
    absl::Notification told;
    absl::StatusOr<v1::CacheLookup> result;
    cache_.MakeKey(query, [&](absl::StatusOr<v1::CacheLookup> lookup) {
      result = std::move(lookup);
      told.Notify();
    });
    told.WaitForNotification();
    return result;
  }

  absl::StatusOr<CacheAnswer> Find(
      const std::string& key, absl::Time not_before = absl::InfinitePast()) {
    absl::Notification told;
    absl::StatusOr<CacheAnswer> result;
    cache_.Find({key, not_before, "asking", 0},
                [&](absl::StatusOr<CacheAnswer> answer) {
                  result = std::move(answer);
                  told.Notify();
                });
    told.WaitForNotification();
    return result;
  }

  // Stores a run that has just begun.
  void PutRun(const std::string& id) {
    RunWrite write;
    write.insert = true;
    write.run.set_id(id);
    write.run.set_state(v1::RUN_STATE_PENDING);
    ASSERT_THAT(store_.Commit({write}), ElementsAre(IsOk()));
  }

  static CacheQuery Query() {
    CacheQuery query;
    query.stage = "train";
    query.inputs["X"].set_uri("pvc://artifacts/data/a.csv");
    return query;
  }

  // Stores a run `old` of which the step `train` wrote `weights` as `key`.
  void PutResult(const std::string& key) {
    RunWrite write;
    write.insert = true;
    write.run.set_id("old");
    write.run.set_state(v1::RUN_STATE_SUCCEEDED);
    write.run.set_pipeline_name("p");
    *write.run.mutable_create_time() = ToTimestamp(kMade);
    v1::Step step;
    step.set_name("train");
    step.set_stage("train");
    step.set_state(v1::STEP_STATE_SUCCEEDED);
    step.mutable_cache()->set_key(key);
    step.mutable_cache()->set_outcome(v1::CACHE_OUTCOME_MISS);
    *step.mutable_state_time() = ToTimestamp(kMade);
    v1::Artifact* output = step.add_outputs();
    output->set_name("weights");
    output->set_uri("pvc://artifacts/runs/old/train/1/w");
    output->set_size_bytes(7);
    output->set_sha256(Sha256Hex("weights"));
    write.steps.push_back({0, step});
    ASSERT_THAT(store_.Commit({write}), ElementsAre(IsOk()));
  }

  FakeClock clock_;
  MemoryStore store_;
  FakeFleet fleet_{clock_};
  prometheus::Registry registry_;
  std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
  ArtifactStore artifacts_{VolumeMap{{"artifacts", files_}}, registry_};
  absl::Status volume_;
  BoundedExecutor executor_{"cache", 1, 10};
  StoreResultCache cache_{store_,
                          &store_,
                          fleet_,
                          artifacts_,
                          [this](absl::string_view) { return volume_; },
                          executor_};
};

TEST_F(StoreResultCacheTest, TheKeyHoldsDefaultsAndTheContentOfInputs) {
  const absl::StatusOr<v1::CacheLookup> left_out = Key(Query());
  ASSERT_OK(left_out);
  EXPECT_EQ(left_out->key_parts().at("input.X"), Sha256Hex("x\n1\n"));
  EXPECT_EQ(left_out->key_parts().at("build_id"), "b1");
  CacheQuery given = Query();
  given.parameters["epochs"] = IntegerValue(4);
  EXPECT_EQ(Key(given)->key(), left_out->key());
}

TEST_F(StoreResultCacheTest, ARecordedDigestIsTakenWithoutReadingTheFile) {
  CacheQuery query = Query();
  query.inputs["X"].set_uri("pvc://artifacts/never");
  query.inputs["X"].set_sha256(Sha256Hex("x\n1\n"));
  EXPECT_EQ(Key(query)->key(), Key(Query())->key());
}

TEST_F(StoreResultCacheTest, AnInputThatCannotBeReadMakesNoKey) {
  CacheQuery query = Query();
  query.inputs["X"].set_uri("pvc://artifacts/never");
  EXPECT_THAT(Key(query),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("input 'X'")));
  volume_ = absl::UnavailableError("volume does not answer");
  EXPECT_THAT(Key(Query()), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StoreResultCacheTest, AKeyThatNobodyHadIsAMiss) {
  const absl::StatusOr<CacheAnswer> answer = Find("k");
  ASSERT_OK(answer);
  EXPECT_EQ(answer->outcome, v1::CACHE_OUTCOME_MISS);
}

TEST_F(StoreResultCacheTest, AResultThatIsWholeIsAHit) {
  PutResult("k");
  const absl::StatusOr<CacheAnswer> answer = Find("k");
  ASSERT_OK(answer);
  EXPECT_EQ(answer->outcome, v1::CACHE_OUTCOME_HIT);
  EXPECT_EQ(answer->run_id, "old");
  EXPECT_EQ(answer->step, "train");
  EXPECT_EQ(answer->made, kMade);
  ASSERT_EQ(answer->outputs.size(), 1u);
  EXPECT_EQ(answer->outputs[0].sha256(), Sha256Hex("weights"));
}

TEST_F(StoreResultCacheTest, AResultThatIsGoneOrChangedIsInvalid) {
  PutResult("k");
  files_->PutFile("runs/old/train/1/w", "WEIGHTS");
  const absl::StatusOr<CacheAnswer> changed = Find("k");
  ASSERT_OK(changed);
  EXPECT_EQ(changed->outcome, v1::CACHE_OUTCOME_INVALID);
  EXPECT_THAT(changed->reason, HasSubstr("output 'weights' is changed"));
  ASSERT_OK(files_->RemoveFile("runs/old/train/1/w"));
  const absl::StatusOr<CacheAnswer> gone = Find("k");
  ASSERT_OK(gone);
  EXPECT_EQ(gone->outcome, v1::CACHE_OUTCOME_INVALID);
  EXPECT_THAT(gone->reason, HasSubstr("output 'weights' is gone"));
}

TEST_F(StoreResultCacheTest, AResultThatIsTooOldIsInvalid) {
  PutResult("k");
  EXPECT_EQ(Find("k", kMade)->outcome, v1::CACHE_OUTCOME_HIT);
  const absl::StatusOr<CacheAnswer> answer =
      Find("k", kMade + absl::Nanoseconds(1));
  ASSERT_OK(answer);
  EXPECT_EQ(answer->outcome, v1::CACHE_OUTCOME_INVALID);
  EXPECT_THAT(answer->reason, HasSubstr("too old"));
}

TEST_F(StoreResultCacheTest, AVolumeThatDoesNotAnswerIsNoInvalidResult) {
  PutResult("k");
  volume_ = absl::UnavailableError("volume does not answer");
  EXPECT_THAT(Find("k"), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StoreResultCacheTest, AResultThatIsToBeTakenOverIsNotDeletedMeanwhile) {
  PutResult("k");
  EXPECT_EQ(Find("k")->outcome, v1::CACHE_OUTCOME_HIT);
  EXPECT_THAT(store_.RunsThatNeed("old"), IsOkAndHolds(ElementsAre("asking")));
  EXPECT_THAT(
      store_.StartDeletion({"old"}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("asking")));
}

TEST_F(StoreResultCacheTest, NobodyLooksWhileAnEqualStepElsewhereDoesTheWork) {
  PutResult("k");
  ASSERT_THAT(store_.LeadWork("k", "other", 0), IsOkAndHolds(true));
  EXPECT_TRUE(Find("k")->elsewhere);
  EXPECT_EQ(Find("none")->outcome, v1::CACHE_OUTCOME_MISS);
  EXPECT_THAT(store_.LeadWork("none", "other", 0), IsOkAndHolds(false));
}

TEST_F(StoreResultCacheTest, EveryQuestionIsAnsweredAlsoAfterTheEnd) {
  executor_.Shutdown();
  EXPECT_THAT(Key(Query()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Find("k"), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace stagecoach
