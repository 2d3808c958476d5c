// `forecast`, with a replica that answers over gRPC.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/app_fixture.h"
#include "services/common/base/sha256.h"
#include "stagecoach/v1/forecast.grpc.pb.h"

namespace stagecoach {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Forecasts the values that it was given, and remembers the request.
class FakeForecastService final : public v1::ForecastService::Service {
 public:
  grpc::Status Predict(grpc::ServerContext*, const v1::PredictRequest* request,
                       v1::PredictResponse* response) override {
    asked = *request;
    if (request->values_size() < 2) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "needs 2 values, not 1"};
    }
    *response->mutable_values() = request->values();
    response->set_column("Passengers");
    return grpc::Status::OK;
  }

  v1::PredictRequest asked;
};

class AppForecastTest : public AppTest {
 protected:
  AppForecastTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    v1::StageStatus& stage = client_.stages.emplace_back();
    stage.set_name("forecast");
    v1::ReplicaStatus& replica = *stage.add_replicas();
    replica.set_address("127.0.0.1:" + std::to_string(port));
    replica.set_serving(true);
    replica.set_slots(1);
  }
  ~AppForecastTest() override { server_->Shutdown(); }

  // Puts an artifact of the type and bytes among the outputs of `step`.
  void AddOutput(int step, v1::ArtifactType type, const std::string& bytes) {
    v1::Artifact& artifact =
        *client_.runs.front().mutable_steps(step)->add_outputs();
    artifact.set_name("added");
    artifact.set_type(type);
    artifact.set_uri("pvc://artifacts/added");
    artifact.set_sha256(Sha256Hex(bytes));
    client_.files[artifact.uri()] = bytes;
  }

  FakeForecastService service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(AppForecastTest, ShowsTheTableOfARun) {
  AddOutput(3, v1::ARTIFACT_TYPE_TABLE,
            "index,timestamp,actual,fit,forecast,lower,upper\n"
            "0,2026-01-01,112,,,,\n1,2026-02-01,,,118.5,110,127\n");
  EXPECT_EQ(Run("forecast"), 0);
  EXPECT_THAT(console_.out, AllOf(HasSubstr("── actual"),
                                  HasSubstr("2026-02-01     118.5    110")));
  EXPECT_EQ(Run("forecast airline-abc -o json"), 0);
  EXPECT_EQ(json::parse(console_.out)["rows"][1]["forecast"], 118.5);
  EXPECT_TRUE(json::parse(console_.out)["rows"][1]["actual"].is_null());
}

TEST_F(AppForecastTest, ARunWithoutTableHasItsValues) {
  client_.files[UriOf(3)] = SampleTensorFile("y_forecast", {1, 1}, {52.13F});
  EXPECT_EQ(Run("forecast airline-abc"), 0);
  EXPECT_EQ(console_.out, "y_forecast  52.13\n");
  client_.runs.front().mutable_steps(3)->clear_outputs();
  EXPECT_EQ(Run("forecast airline-abc"), 1);
  EXPECT_THAT(console_.err, HasSubstr("has no forecast"));
}

TEST_F(AppForecastTest, AsksTheModelOfARunOnline) {
  AddOutput(2, v1::ARTIFACT_TYPE_WEIGHTS, "weights");
  EXPECT_EQ(Run("forecast airline-abc --values 508,461.5 --steps 2"), 0);
  EXPECT_EQ(console_.out, "    Passengers\n+1         508\n+2       461.5\n");
  EXPECT_EQ(service_.asked.model_uri(), "pvc://artifacts/added");
  EXPECT_EQ(service_.asked.model_sha256(), Sha256Hex("weights"));
  EXPECT_THAT(service_.asked.values(), ElementsAre(508, 461.5));
  EXPECT_EQ(service_.asked.steps(), 2);
}

TEST_F(AppForecastTest, TellsWhatTheReplicaSays) {
  EXPECT_EQ(Run("forecast pvc://artifacts/w --values 508"), 1);
  EXPECT_THAT(console_.err,
              HasSubstr("needs 2 values, not 1 [INVALID_ARGUMENT]"));
}

TEST_F(AppForecastTest, SaysWhatIsMissing) {
  EXPECT_EQ(Run("forecast airline-abc --values 1,2"), 1);
  EXPECT_THAT(console_.err, HasSubstr("has no trained model"));
  EXPECT_EQ(Run("forecast pvc://artifacts/w"), 2);
  EXPECT_THAT(console_.err, HasSubstr("with --values"));
  EXPECT_EQ(Run("forecast pvc://artifacts/w --values 1,x"), 2);
  EXPECT_THAT(console_.err, HasSubstr("'x' is not a number"));
  client_.stages.clear();
  EXPECT_EQ(Run("forecast pvc://artifacts/w --values 1,2"), 1);
  EXPECT_THAT(console_.err, HasSubstr("no serving replica"));
}

}  // namespace
}  // namespace stagecoach
