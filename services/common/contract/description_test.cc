#include "services/common/contract/description.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

v1::StageDescription Description() {
  v1::StageDescription description;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "prepare" version: "1.0.0"
         parameters { name: "lookback" type: PARAMETER_TYPE_INTEGER }
         inputs { name: "train" type: ARTIFACT_TYPE_TENSOR }
         inputs { name: "test" type: ARTIFACT_TYPE_TENSOR optional: true }
         outputs { name: "X_train" type: ARTIFACT_TYPE_TENSOR })",
      &description));
  return description;
}

v1::Artifact Tensor() {
  v1::Artifact artifact;
  artifact.set_uri("pvc://artifacts/train.safetensors");
  artifact.set_type(v1::ARTIFACT_TYPE_TENSOR);
  artifact.set_sha256(std::string(64, 'a'));
  return artifact;
}

google::protobuf::Map<std::string, v1::Artifact> Given(
    const std::string& name, const v1::Artifact& artifact) {
  google::protobuf::Map<std::string, v1::Artifact> given;
  given[name] = artifact;
  return given;
}

TEST(ValidateDescriptionTest, AcceptsAWholeDescription) {
  EXPECT_OK(ValidateDescription(Description()));
}

TEST(ValidateDescriptionTest, NamesWhatIsWrong) {
  v1::StageDescription description = Description();
  description.set_name("Prepare");
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("name of stage is 'Prepare'")));

  description = Description();
  description.clear_version();
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("has no version")));

  description = Description();
  *description.add_parameters() = description.parameters(0);
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("parameter 'lookback' twice")));

  description = Description();
  description.mutable_inputs(0)->clear_type();
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("input 'train' of stage 'prepare' "
                                           "has no artifact type")));

  description = Description();
  description.mutable_inputs(0)->set_type(v1::ARTIFACT_TYPE_FILE);
  EXPECT_OK(ValidateDescription(description));
  description.mutable_outputs(0)->set_type(v1::ARTIFACT_TYPE_FILE);
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("of stage 'prepare' is a file, "
                                           "which only an input may be")));

  description = Description();
  description.mutable_outputs(0)->set_name("../x");
  EXPECT_THAT(ValidateDescription(description),
              StatusIs(kInvalid, HasSubstr("name of an output")));
}

TEST(FindTest, FindsByNameOrReturnsNull) {
  const v1::StageDescription description = Description();
  EXPECT_EQ(FindInput(description, "test"), &description.inputs(1));
  EXPECT_EQ(FindInput(description, "X_train"), nullptr);
  EXPECT_EQ(FindOutput(description, "X_train"), &description.outputs(0));
  EXPECT_EQ(FindOutput(description, ""), nullptr);
}

TEST(CheckInputsTest, OptionalInputsMayBeLeftOut) {
  EXPECT_OK(CheckInputs(Description(), Given("train", Tensor())));
}

TEST(CheckInputsTest, RequiredInputsMayNot) {
  EXPECT_THAT(CheckInputs(Description(), Given("test", Tensor())),
              StatusIs(kInvalid, HasSubstr("needs input 'train', a tensor")));
}

TEST(CheckInputsTest, ATypoGetsTheNearestName) {
  EXPECT_THAT(CheckInputs(Description(), Given("trian", Tensor())),
              StatusIs(kInvalid, HasSubstr("no input 'trian'; did you mean "
                                           "\"train\"?")));
}

TEST(CheckInputsTest, TheTypeMustFit) {
  v1::Artifact table = Tensor();
  table.set_type(v1::ARTIFACT_TYPE_TABLE);
  EXPECT_THAT(
      CheckInputs(Description(), Given("train", table)),
      StatusIs(kInvalid,
               HasSubstr("input 'train' of stage 'prepare', "
                         "pvc://artifacts/train.safetensors, is of type "
                         "table; it must be of type tensor")));
}

TEST(CheckInputsTest, UriDigestAndSizeMustBeWellFormed) {
  v1::Artifact artifact = Tensor();
  artifact.clear_uri();
  EXPECT_THAT(CheckInputs(Description(), Given("train", artifact)),
              StatusIs(kInvalid, HasSubstr("has no uri")));
  artifact = Tensor();
  artifact.set_sha256(std::string(64, 'A'));
  EXPECT_THAT(CheckInputs(Description(), Given("train", artifact)),
              StatusIs(kInvalid, HasSubstr("sha256 of input 'train'")));
  artifact = Tensor();
  artifact.set_size_bytes(-1);
  EXPECT_THAT(CheckInputs(Description(), Given("train", artifact)),
              StatusIs(kInvalid, HasSubstr("size_bytes of input 'train'")));
  artifact = Tensor();
  artifact.clear_sha256();
  EXPECT_OK(CheckInputs(Description(), Given("train", artifact)));
}

}  // namespace
}  // namespace stagecoach
