// The four stages called directly, without an orchestrator: each keeps the
// contract, and each bad request gets one clear error and no process ends.

#include <grpcpp/channel.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "services/common/stagekit/conformance.h"
#include "stagecoach/v1/stage.grpc.pb.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StageCallTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new TestCluster;
    ASSERT_OK(cluster_->StartAll());
    const absl::StatusOr<v1::Run> run =
        cluster_->Execute(AirlineRequest(/*epochs=*/1));
    ASSERT_OK(run);
    run_ = new v1::Run(*run);
  }
  static void TearDownTestSuite() {
    for (const char* name :
         {"load", "prepare", "train", "forecast", "orchestrator"}) {
      EXPECT_TRUE(cluster_->process(name).running())
          << name << " has ended:\n"
          << ReadWholeFile(cluster_->log(name));
    }
    delete run_;
    delete cluster_;
  }

  static const v1::Artifact& Output(const std::string& name) {
    for (const v1::Step& step : run_->steps()) {
      for (const v1::Artifact& output : step.outputs()) {
        if (output.name() == name) return output;
      }
    }
    ADD_FAILURE() << "no output " << name;
    return v1::Artifact::default_instance();
  }

  // A request that `stage` can execute, with an id of its own.
  static v1::ExecuteRequest Request(const std::string& stage) {
    static int calls = 0;
    const std::string id = "direct/" + stage + "/" + std::to_string(++calls);
    v1::ExecuteRequest request;
    request.set_execution_id(id);
    request.set_output_prefix("pvc://artifacts/runs/" + id);
    auto& inputs = *request.mutable_inputs();
    if (stage == "load") {
      inputs["source"].set_type(v1::ARTIFACT_TYPE_TABLE);
      inputs["source"].set_uri("pvc://artifacts/data/airline-passengers.csv");
    }
    if (stage == "prepare") {
      for (const char* name : {"train", "test", "forecast"}) {
        inputs[name] = Output(name);
      }
    }
    if (stage == "train") {
      for (const char* name : {"X_train", "y_train", "X_test", "y_test"}) {
        inputs[name] = Output(name);
      }
    }
    if (stage == "forecast") {
      inputs["weights"] = Output("weights");
      inputs["X_forecast"] = Output("X_forecast");
    }
    return request;
  }

  static absl::Status Execute(const std::string& stage,
                              const v1::ExecuteRequest& request) {
    const auto stub = v1::StageService::NewStub(
        MakeChannel(cluster_->endpoints(stage).grpc, {.own_connection = true}));
    grpc::ClientContext context;
    SetTimeout(context, kPatience);
    const auto reader = stub->Execute(&context, request);
    v1::ExecuteResponse response;
    while (reader->Read(&response)) {
    }
    return FromGrpcStatus(reader->Finish(), context);
  }

  // `bytes` as a tensor artifact on the volume, with its true digest.
  static v1::Artifact TensorFile(const std::string& name,
                                 const std::string& bytes) {
    v1::Artifact artifact;
    artifact.set_name(name);
    artifact.set_type(v1::ARTIFACT_TYPE_TENSOR);
    artifact.set_uri(cluster_->PutFile("data/" + name + ".safetensors", bytes));
    artifact.set_sha256(Sha256Hex(bytes));
    artifact.set_size_bytes(static_cast<int64_t>(bytes.size()));
    return artifact;
  }

  static inline TestCluster* cluster_ = nullptr;
  static inline v1::Run* run_ = nullptr;
};

class ConformanceTest : public StageCallTest,
                        public testing::WithParamInterface<const char*> {};

TEST_P(ConformanceTest, TheStageKeepsEveryPromiseOfTheContract) {
  ConformanceOptions options;
  options.address = cluster_->endpoints(GetParam()).grpc;
  options.example = Request(GetParam());
  options.output_prefix =
      std::string("pvc://artifacts/conformance/") + GetParam();
  if (std::string(GetParam()) == "train") {
    options.long_example = options.example;
    (*options.long_example.mutable_parameters())["epochs"].set_integer_value(
        1'000'000);
    (*options.example.mutable_parameters())["epochs"].set_integer_value(1);
  }
  for (const ConformanceCheck& check : CheckConformance(options)) {
    EXPECT_OK(check.result) << check.promise;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryStage, ConformanceTest,
                         testing::Values("load", "prepare", "train",
                                         "forecast"),
                         [](const auto& stage) {
                           return std::string(stage.param);
                         });

TEST_F(StageCallTest, ATamperedInputIsDataLossAndNamed) {
  v1::ExecuteRequest request = Request("prepare");
  v1::Artifact& train = (*request.mutable_inputs())["train"];
  std::string bytes =
      ReadWholeFile(cluster_->volume() + "/" +
                    train.uri().substr(std::string("pvc://artifacts/").size()));
  bytes.back() ^= 1;
  train.set_uri(cluster_->PutFile("data/tampered.safetensors", bytes));
  EXPECT_THAT(Execute("prepare", request),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr("'train'"), HasSubstr("tampered"))));
}

TEST_F(StageCallTest, ATruncatedInputIsDataLossWithBothSizes) {
  v1::ExecuteRequest request = Request("prepare");
  v1::Artifact& train = (*request.mutable_inputs())["train"];
  train.set_uri(cluster_->PutFile("data/truncated.safetensors", "short"));
  EXPECT_THAT(Execute("prepare", request),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr(std::to_string(train.size_bytes()))));
}

TEST_F(StageCallTest, ACorruptHeaderIsAFailedPreconditionOfTheInput) {
  v1::ExecuteRequest request = Request("prepare");
  (*request.mutable_inputs())["train"] =
      TensorFile("corrupt", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8));
  EXPECT_THAT(Execute("prepare", request),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("'train'"), HasSubstr("header"))));
}

TEST_F(StageCallTest, WeightsThatDoNotFitAreAFailedPrecondition) {
  v1::ExecuteRequest request = Request("forecast");
  v1::Artifact& weights = (*request.mutable_inputs())["weights"];
  weights = Output("X_train");
  weights.set_type(v1::ARTIFACT_TYPE_WEIGHTS);
  EXPECT_THAT(
      Execute("forecast", request),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("weights")));
}

TEST_F(StageCallTest, AnUnknownVolumeIsRefusedWithTheNamesThereAre) {
  v1::ExecuteRequest request = Request("load");
  (*request.mutable_inputs())["source"].set_uri("pvc://elsewhere/a.csv");
  EXPECT_THAT(Execute("load", request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("elsewhere"), HasSubstr("artifacts"))));
}

TEST_F(StageCallTest, AnOutputPrefixOutsideTheVolumeIsRefused) {
  v1::ExecuteRequest request = Request("load");
  request.set_output_prefix("pvc://artifacts/../elsewhere");
  EXPECT_THAT(
      Execute("load", request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("output_prefix")));
}

TEST_F(StageCallTest, AParameterOutOfRangeIsNamedWithItsRange) {
  v1::ExecuteRequest request = Request("load");
  (*request.mutable_parameters())["proportion"].set_number_value(1.5);
  EXPECT_THAT(Execute("load", request),
              StatusIs(absl::StatusCode::kOutOfRange,
                       AllOf(HasSubstr("proportion"), HasSubstr("1.5"))));
}

TEST_F(StageCallTest, ARequestOverTheSizeLimitIsRefusedByTheServer) {
  v1::ExecuteRequest request = Request("load");
  (*request.mutable_parameters())["column"].set_string_value(
      std::string(5 << 20, 'x'));
  EXPECT_THAT(Execute("load", request),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace stagecoach
