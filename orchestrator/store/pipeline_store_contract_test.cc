// The contract of PipelineStore, held against every store.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/pipeline_store.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class PipelineStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  static StoredPipeline Pipeline(const std::string& name, char digest) {
    StoredPipeline stored;
    stored.pipeline.set_name(name);
    stored.pipeline.set_digest(std::string(64, digest));
    stored.yaml = std::string("yaml of ") + digest;
    return stored;
  }

  const std::unique_ptr<Store> store_ = GetParam().open(NewTestDirectory());
};

INSTANTIATE_TEST_SUITE_P(Stores, PipelineStoreContract,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(PipelineStoreContract, EveryNewSpecificationIsANewVersion) {
  const auto first = store_->ApplyPipeline(Pipeline("airline", 'a'));
  ASSERT_OK(first);
  EXPECT_TRUE(first->changed);
  EXPECT_EQ(first->pipeline.version(), 1);
  const auto second = store_->ApplyPipeline(Pipeline("airline", 'b'));
  ASSERT_OK(second);
  EXPECT_TRUE(second->changed);
  EXPECT_EQ(second->pipeline.version(), 2);
}

TEST_P(PipelineStoreContract, TheNewestSpecificationAgainIsNoNewVersion) {
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'a')));
  const auto again = store_->ApplyPipeline(Pipeline("airline", 'a'));
  ASSERT_OK(again);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->pipeline.version(), 1);
}

TEST_P(PipelineStoreContract, GoingBackToAnOldSpecificationIsANewVersion) {
  for (const char digest : {'a', 'b', 'a'}) {
    ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", digest)));
  }
  EXPECT_EQ(store_->GetPipeline("airline", 0)->pipeline.version(), 3);
  EXPECT_EQ(store_->GetPipeline("airline", 3)->yaml, "yaml of a");
}

TEST_P(PipelineStoreContract, EveryVersionCanBeHad) {
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'a')));
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'b')));
  StoredPipeline expected = Pipeline("airline", 'a');
  expected.pipeline.set_version(1);
  const auto first = store_->GetPipeline("airline", 1);
  ASSERT_OK(first);
  EXPECT_THAT(first->pipeline, EqualsProto(expected.pipeline));
  EXPECT_EQ(first->yaml, "yaml of a");
  EXPECT_EQ(store_->GetPipeline("airline", 0)->yaml, "yaml of b");
}

TEST_P(PipelineStoreContract, UnknownNamesAndVersionsAreNotFound) {
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'a')));
  EXPECT_THAT(
      store_->GetPipeline("train", 0),
      StatusIs(absl::StatusCode::kNotFound, "there is no pipeline train"));
  for (const int64_t version : {-1, 2}) {
    EXPECT_THAT(store_->GetPipeline("airline", version),
                StatusIs(absl::StatusCode::kNotFound,
                         HasSubstr("its versions are 1 to 1")));
  }
}

TEST_P(PipelineStoreContract, ListsTheNewestOfEachByName) {
  EXPECT_THAT(store_->ListPipelines(), IsOkAndHolds(IsEmpty()));
  ASSERT_OK(store_->ApplyPipeline(Pipeline("train", 'a')));
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'a')));
  ASSERT_OK(store_->ApplyPipeline(Pipeline("airline", 'b')));
  v1::Pipeline airline = Pipeline("airline", 'b').pipeline;
  airline.set_version(2);
  v1::Pipeline train = Pipeline("train", 'a').pipeline;
  train.set_version(1);
  EXPECT_THAT(
      store_->ListPipelines(),
      IsOkAndHolds(ElementsAre(EqualsProto(airline), EqualsProto(train))));
}

TEST_P(PipelineStoreContract, ApplyingFromManyThreadsGivesEachItsVersion) {
  constexpr int kThreads = 4;
  std::vector<int64_t> versions(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i, &versions] {
      const auto applied = store_->ApplyPipeline(
          Pipeline("airline", static_cast<char>('a' + i)));
      EXPECT_OK(applied);
      versions[i] = applied->pipeline.version();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(versions, UnorderedElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace stagecoach
