// The tuned pipeline through real processes: what its forecasts are worth, and
// the same forecasts online.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "stagecoach/v1/forecast.grpc.pb.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::Pointwise;
using testing::SizeIs;

class TunedRunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new TestCluster;
    ASSERT_OK(cluster_->StartAll());
  }
  static void TearDownTestSuite() { delete cluster_; }

  static v1::Run Execute(int64_t seed) {
    v1::RunRequest request;
    request.set_pipeline("airline-tuned");
    (*request.mutable_parameters())["seed"].set_integer_value(seed);
    const absl::StatusOr<v1::Run> run = cluster_->Execute(request);
    EXPECT_OK(run);
    if (!run.ok()) return {};
    EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED) << run->error().message();
    return *run;
  }

  // The file of a step's output; the URI of what it stands for in `uri`.
  static std::string Output(const v1::Run& run, const std::string& step,
                            const std::string& name,
                            std::string* uri = nullptr) {
    for (const v1::Step& record : run.steps()) {
      if (record.name() != step) continue;
      for (const v1::Artifact& output : record.outputs()) {
        if (output.name() != name) continue;
        if (uri != nullptr) *uri = output.uri();
        return ReadWholeFile(
            cluster_->volume() + "/" +
            output.uri().substr(std::string("pvc://artifacts/").size()));
      }
    }
    ADD_FAILURE() << step << " has no output " << name;
    return "";
  }

  static std::vector<double> Floats(const std::string& file,
                                    const std::string& tensor) {
    auto owner = std::make_shared<std::string>(file);
    const auto view =
        SafetensorsView::Parse(ArtifactReader("file", *owner, owner));
    EXPECT_OK(view);
    const absl::Span<const float> floats = view->Find(tensor)->floats();
    return {floats.begin(), floats.end()};
  }

  static absl::StatusOr<v1::PredictResponse> Predict(
      const v1::PredictRequest& request) {
    const auto stub = v1::ForecastService::NewStub(
        MakeChannel(cluster_->endpoints("forecast").grpc));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    v1::PredictResponse response;
    const grpc::Status status = stub->Predict(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status, context);
    return response;
  }

  static inline TestCluster* cluster_ = nullptr;
};

TEST_F(TunedRunTest, BeatsTheSeasonalNaiveMethodWithEverySeed) {
  for (int64_t seed = 0; seed < 5; ++seed) {
    const v1::Run run = Execute(seed);
    const auto report =
        nlohmann::json::parse(Output(run, "forecast", "report"));
    EXPECT_EQ(report["steps"], 12);
    EXPECT_EQ(report["season"], 12);
    // 44 origins, of which the last 11 see less than 12 rows ahead.
    EXPECT_EQ(report["accuracy"]["model"]["forecasts"], 44 * 12 - 66);
    EXPECT_EQ(report["beats_seasonal_naive"], true) << "seed " << seed;
    EXPECT_NEAR(report["accuracy"]["seasonal_naive"]["rmse"], 42.274, 0.001);
    EXPECT_LT(report["accuracy"]["model"]["rmse"], 40) << "seed " << seed;
  }
}

TEST_F(TunedRunTest, ForecastsAYearOfPlausibleMonths) {
  const v1::Run run = Execute(/*seed=*/0);
  const std::vector<std::string> rows =
      absl::StrSplit(Output(run, "forecast", "table"), '\n', absl::SkipEmpty());
  ASSERT_THAT(rows, SizeIs(1 + 144 + 12));
  EXPECT_THAT(rows[1], HasSubstr("0,1949-01-01,112,"));
  EXPECT_THAT(rows[145], HasSubstr("144,1961-01-01,,,"));
  for (const double value :
       Floats(Output(run, "forecast", "y_forecast"), "y_forecast")) {
    EXPECT_GT(value, 350);
    EXPECT_LT(value, 850);
  }
}

TEST_F(TunedRunTest, PredictsOnlineWhatTheRunForecast) {
  const v1::Run run = Execute(/*seed=*/0);
  v1::PredictRequest request;
  Output(run, "train", "weights", request.mutable_model_uri());
  for (const double value :
       Floats(Output(run, "load", "forecast"), "forecast")) {
    request.add_values(value);
  }
  request.set_steps(12);
  const absl::StatusOr<v1::PredictResponse> response = Predict(request);
  ASSERT_OK(response);
  EXPECT_THAT(
      response->values(),
      Pointwise(testing::DoubleNear(1e-2),
                Floats(Output(run, "forecast", "y_forecast"), "y_forecast")));
  EXPECT_EQ(response->column(), "Passengers");

  request.add_values(1);
  EXPECT_THAT(Predict(request).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("there are 14, needed are 13")));
}

}  // namespace
}  // namespace stagecoach
