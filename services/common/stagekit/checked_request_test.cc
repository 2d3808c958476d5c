#include "services/common/stagekit/checked_request.h"

#include <limits>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"
#include "services/common/stagekit/stage_builder.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class CheckedRequestTest : public testing::Test {
 protected:
  CheckedRequestTest() {
    request_.set_execution_id("run/load/2");
    request_.set_lease_epoch(3);
    request_.set_output_prefix("pvc://artifacts/runs/run/load/2");
    v1::Artifact& source = (*request_.mutable_inputs())["source"];
    source.set_uri("pvc://artifacts/data/a.csv");
    source.set_type(v1::ARTIFACT_TYPE_TABLE);
  }

  absl::StatusOr<CheckedRequest> Check() {
    return CheckRequest(request_, description_, volumes_);
  }

  const v1::StageDescription description_ =
      StageBuilder("load", "1.0.0", "Reads a column.")
          .Parameter(Number("proportion", "").Default(0.7).Above(0).Below(1))
          .Input("source", v1::ARTIFACT_TYPE_TABLE, "")
          .Output("train", v1::ARTIFACT_TYPE_TENSOR, "")
          .Build();
  const VolumeMap volumes_ = {
      {"artifacts", std::make_shared<MemoryFileSystem>("artifacts")}};
  v1::ExecuteRequest request_;
};

TEST_F(CheckedRequestTest, TakesOverWhatMakesSense) {
  *request_.mutable_timeout() = ToProtoDuration(absl::Minutes(5));
  const auto checked = Check();
  ASSERT_OK(checked);
  EXPECT_EQ(checked->id, (ExecutionId{"run", "load", 2}));
  EXPECT_EQ(checked->lease_epoch, 3);
  EXPECT_EQ(checked->parameters.at("proportion").number_value(), 0.7);
  EXPECT_EQ(checked->inputs.at("source").uri(), "pvc://artifacts/data/a.csv");
  EXPECT_EQ(checked->output_prefix, "pvc://artifacts/runs/run/load/2");
  EXPECT_EQ(checked->checkpoint_prefix, "");
  EXPECT_EQ(checked->timeout, absl::Minutes(5));
}

TEST_F(CheckedRequestTest, WithoutATimeoutThereIsNone) {
  const auto checked = Check();
  ASSERT_OK(checked);
  EXPECT_EQ(checked->timeout, absl::InfiniteDuration());
}

TEST_F(CheckedRequestTest, ATimeoutIsPositive) {
  for (const absl::Duration timeout :
       {absl::ZeroDuration(), absl::Seconds(-1)}) {
    *request_.mutable_timeout() = ToProtoDuration(timeout);
    EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kOutOfRange,
                                  HasSubstr("timeout is ")));
  }
}

TEST_F(CheckedRequestTest, TheReferenceErrorsNameStageFieldAndRange) {
  (*request_.mutable_parameters())["proportion"] = StringValue("0.7");
  EXPECT_THAT(
      Check(),
      StatusIs(kInvalid, testing::Eq("parameter 'proportion' of stage 'load' "
                                     "is a string, \"0.7\"; it must be a "
                                     "number greater than 0 and less than 1")));
  (*request_.mutable_parameters())["proportion"] = NumberValue(1.5);
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kOutOfRange,
                                HasSubstr("is 1.5; it must be")));
}

TEST_F(CheckedRequestTest, EveryUriIsOnAVolumeThatThereIs) {
  request_.set_output_prefix("");
  EXPECT_THAT(Check(), StatusIs(kInvalid, HasSubstr("output_prefix")));
  request_.set_output_prefix("/mnt/artifacts/runs");
  EXPECT_THAT(Check(), StatusIs(kInvalid, AllOf(HasSubstr("output_prefix"),
                                                HasSubstr("pvc://"))));
  request_.set_output_prefix("pvc://artifacts/runs/run/load/2");
  request_.set_checkpoint_prefix("pvc://artefacts/checkpoint");
  EXPECT_THAT(Check(), StatusIs(kInvalid, AllOf(HasSubstr("checkpoint_prefix"),
                                                HasSubstr("artefacts"))));
  request_.clear_checkpoint_prefix();
  (*request_.mutable_inputs())["source"].set_uri("pvc://artifacts/../a.csv");
  EXPECT_THAT(Check(), StatusIs(kInvalid, HasSubstr("input 'source'")));
}

TEST_F(CheckedRequestTest, ALeaseEpochIsNotNegative) {
  request_.set_lease_epoch(-1);
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kOutOfRange,
                                HasSubstr("lease_epoch is -1")));
}

}  // namespace
}  // namespace stagecoach
