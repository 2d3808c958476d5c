#include "services/common/stagekit/conformance.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/server_context.h"
#include "gtest/gtest.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/rpc/write_stream.h"
#include "services/common/stagekit/stage_service_fixture.h"

namespace stagecoach {
namespace {

using ::testing::IsEmpty;

// Copies once, or, if told so, until it is cancelled.
class PatientCopyStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("patient", "1.0.0", "Copies a text.")
        .Parameter(Boolean("forever", "until cancelled").Default(false))
        .Output("copy", v1::ARTIFACT_TYPE_TEXT, "the copy")
        .Build();
  }

  absl::Status Run(ExecutionContext& context) override {
    if (context.Boolean("forever")) return blocking_.Run(context);
    return context.WriteOutput("copy", "text");
  }

 private:
  BlockingStage blocking_;
};

std::vector<std::string> Broken(const std::vector<ConformanceCheck>& checks) {
  std::vector<std::string> broken;
  for (const ConformanceCheck& check : checks) {
    if (check.result.ok()) continue;
    broken.push_back(check.promise + ": " + check.result.ToString());
  }
  return broken;
}

ConformanceOptions OptionsFor(const std::string& address) {
  ConformanceOptions options;
  options.address = address;
  options.output_prefix = "pvc://artifacts/conformance";
  options.timeout = absl::Seconds(20);
  return options;
}

TEST(ConformanceTest, AStageOfTheKitKeepsEveryPromise) {
  StageServiceOptions slots;
  slots.slots = 2;
  ServedStage<PatientCopyStage> served(slots);
  served.SetServing();
  ConformanceOptions options = OptionsFor(served.address());
  (*options.long_example.mutable_parameters())["forever"] = BooleanValue(true);
  const std::vector<ConformanceCheck> checks = CheckConformance(options);
  EXPECT_EQ(checks.size(), 11u);
  EXPECT_THAT(Broken(checks), IsEmpty());
}

TEST(ConformanceTest, WithoutALongExampleAFastStagePasses) {
  ServedStage<CopyStage> served;
  served.SetServing();
  ConformanceOptions options = OptionsFor(served.address());
  options.example = served.CopyRequest();
  EXPECT_THAT(Broken(CheckConformance(options)), IsEmpty());
}

// Says OK to everything.
class YesStage : public v1::StageService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse* response) override {
    *response->mutable_stage() = description;
    return Finish(*context);
  }
  grpc::ServerWriteReactor<v1::ExecuteResponse>* Execute(
      grpc::CallbackServerContext* context,
      const v1::ExecuteRequest*) override {
    auto stream = WriteStream<v1::ExecuteResponse>::Create(*context);
    v1::ExecuteResponse response;
    response.mutable_result();
    stream->WriteAndFinish(std::move(response), absl::OkStatus());
    return stream->reactor();
  }
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest*,
                                   v1::CancelResponse*) override {
    return Finish(*context);
  }

  v1::StageDescription description = CopyStage().Describe();

 private:
  static grpc::ServerUnaryReactor* Finish(
      grpc::CallbackServerContext& context) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

std::vector<ConformanceCheck> CheckYesStage(YesStage& stage) {
  ProcessMetrics metrics("test");
  RpcServerOptions rpc;
  rpc.listen_address = "127.0.0.1:0";
  auto server = RpcServer::Start(rpc, {&stage}, metrics.registry());
  EXPECT_OK(server);
  return CheckConformance(OptionsFor((*server)->address()));
}

TEST(ConformanceTest, AStageThatSaysYesToEverythingBreaksItsPromises) {
  YesStage stage;
  stage.description.set_slots(1);
  stage.description.set_build_id("build");
  const std::vector<std::string> broken = Broken(CheckYesStage(stage));
  const char* expected[] = {
      "serves grpc.health.v1: UNAVAILABLE",  // nobody said SERVING
      "refuses an unknown parameter and names it: ",
      "refuses an unknown input: ",
      "refuses a malformed execution id: ",
      "refuses an output prefix outside its volumes: ",
      ("executes, publishes what it declares and replays: "
       "FAILED_PRECONDITION: output 'copy' lacks"),
      "refuses an older lease epoch: ",
  };
  ASSERT_EQ(broken.size(), std::size(expected));
  for (size_t i = 0; i < broken.size(); ++i) {
    EXPECT_THAT(broken[i], testing::StartsWith(expected[i]));
  }
}

TEST(ConformanceTest, AStageThatDescribesItselfBadlyIsAskedNoMore) {
  YesStage stage;
  stage.description.clear_version();
  const std::vector<ConformanceCheck> checks = CheckYesStage(stage);
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_THAT(checks[0].result, StatusIs(absl::StatusCode::kInvalidArgument,
                                         testing::HasSubstr("no version")));
}

}  // namespace
}  // namespace stagecoach
