#include "services/forecast/model_cache.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/metrics.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "services/forecast/some_model.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

class ModelCacheTest : public testing::Test {
 protected:
  ModelCacheTest() {
    for (const char* name : {"a", "b", "c"}) {
      const Model model =
          CountingModel({.hidden_size = 2, .lookback = 3}, name[0]);
      bytes_ =
          WeightsBytes(model, ToMetadata({&model.kind(), model.shape(), {}}));
      files_->PutFile(std::string("models/") + name, bytes_);
    }
  }

  static std::string Uri(const std::string& name) {
    return "pvc://artifacts/models/" + name;
  }

  double Requests(const std::string& cache) {
    return MetricValue(registry_, "stagecoach_forecast_model_requests_total",
                       "cache=\"" + cache + "\"");
  }

  std::string bytes_;  // of model c
  const std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
  prometheus::Registry registry_;
  ForecastMetrics metrics_{registry_};
  ArtifactStore store_{{{"artifacts", files_}}, registry_};
  ModelCache models_{store_, /*capacity=*/2, metrics_};
};

TEST_F(ModelCacheTest, LoadsAModelOnce) {
  const auto first = models_.Get(Uri("a"), "");
  const auto second = models_.Get(Uri("a"), "");
  ASSERT_OK(first);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(Requests("miss"), 1);
  EXPECT_EQ(Requests("hit"), 1);
}

TEST_F(ModelCacheTest, KeepsThoseUsedLast) {
  const auto a = models_.Get(Uri("a"), "");
  ASSERT_OK(models_.Get(Uri("b"), ""));
  ASSERT_OK(models_.Get(Uri("a"), ""));
  ASSERT_OK(models_.Get(Uri("c"), ""));
  EXPECT_EQ(*models_.Get(Uri("a"), ""), *a);
  EXPECT_EQ(Requests("miss"), 3);
  ASSERT_OK(models_.Get(Uri("b"), ""));
  EXPECT_EQ(Requests("miss"), 4);
  EXPECT_EQ(MetricValue(registry_, "stagecoach_forecast_models"), 2);
}

TEST_F(ModelCacheTest, ThoseWhoComeAtOnceWaitForOneLoad) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_OK(models_.Get(Uri("a"), "")); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Requests("miss"), 1);
  EXPECT_EQ(Requests("hit"), 7);
}

TEST_F(ModelCacheTest, KnowsTheDigestOfWhatItLoaded) {
  const auto model = models_.Get(Uri("c"), "");
  ASSERT_OK(model);
  EXPECT_EQ((*model)->sha256, Sha256Hex(bytes_));
  EXPECT_OK(models_.Get(Uri("c"), Sha256Hex(bytes_)));
}

TEST_F(ModelCacheTest, RefusesAModelOfAnotherDigest) {
  EXPECT_THAT(models_.Get(Uri("a"), Sha256Hex("other")).status(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr(Uri("a"))));
  EXPECT_EQ(
      MetricValue(registry_, "stagecoach_forecast_model_load_failures_total"),
      1);
  EXPECT_OK(models_.Get(Uri("a"), ""));
}

TEST_F(ModelCacheTest, AFailureIsNotRemembered) {
  EXPECT_THAT(models_.Get(Uri("late"), "").status(),
              StatusIs(absl::StatusCode::kNotFound));
  files_->PutFile("models/late", bytes_);
  EXPECT_OK(models_.Get(Uri("late"), ""));
}

TEST_F(ModelCacheTest, RefusesWhatIsNoModel) {
  files_->PutFile("models/text", "no weights at all, just a line of text");
  EXPECT_THAT(models_.Get(Uri("text"), "").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace stagecoach
