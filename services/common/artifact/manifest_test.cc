#include "services/common/artifact/manifest.h"

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "services/common/base/status_matchers.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Json = nlohmann::ordered_json;

ArtifactUri Prefix() {
  return *ArtifactUri::Parse("pvc://artifacts/runs/r/train/1");
}

v1::Artifact Weights() {
  v1::Artifact weights;
  weights.set_name("weights");
  weights.set_uri("pvc://artifacts/runs/r/train/1/weights.safetensors");
  weights.set_type(v1::ARTIFACT_TYPE_WEIGHTS);
  weights.set_sha256(std::string(64, 'a'));
  weights.set_size_bytes(41'000);
  v1::TensorInfo& tensor = *weights.add_tensors();
  tensor.set_name("lstm.weight_ih_l0");
  tensor.set_dtype("F32");
  tensor.add_shape(200);
  tensor.add_shape(1);
  (*weights.mutable_metadata())["hidden_size"] = "50";
  return weights;
}

Manifest TrainManifest() {
  Manifest manifest;
  manifest.execution_id = "r/train/1";
  manifest.stage = "train";
  manifest.stage_version = "1.0.0";
  manifest.parameters["epochs"] = IntegerValue(100);
  manifest.parameters["learning_rate"] = NumberValue(1e-3);
  manifest.parameters["momentum"] = NumberValue(1.0);
  manifest.parameters["optimizer"] = StringValue("adam");
  manifest.parameters["shuffle"] = BooleanValue(true);
  v1::Artifact& input = manifest.inputs["X_train"];
  input.set_name("X_train");
  input.set_uri("pvc://artifacts/runs/r/prepare/1/X_train.safetensors");
  input.set_size_bytes(1600);
  input.set_sha256(std::string(64, 'b'));
  *manifest.result.add_outputs() = Weights();
  (*manifest.result.mutable_metrics())["rmse_train"] = 187.25;
  (*manifest.result.mutable_metrics())["loss"] =
      std::numeric_limits<double>::infinity();
  v1::PhaseTimes& times = *manifest.result.mutable_times();
  *times.mutable_queue() = ToProtoDuration(absl::Milliseconds(1));
  *times.mutable_read() = ToProtoDuration(absl::Microseconds(250));
  *times.mutable_compute() = ToProtoDuration(absl::Seconds(2));
  *times.mutable_write() = ToProtoDuration(absl::Milliseconds(7));
  manifest.result.set_build_id("0123456789ab-cdef");
  manifest.started = absl::FromUnixMillis(1'800'000'000'123);
  manifest.finished = absl::FromUnixMillis(1'800'000'002'500);
  return manifest;
}

TEST(ManifestTest, ReadsBackAllThatWasWritten) {
  const Manifest manifest = TrainManifest();
  const auto read = ParseManifest(FormatManifest(manifest), Prefix());
  ASSERT_OK(read);
  EXPECT_EQ(read->execution_id, manifest.execution_id);
  EXPECT_EQ(read->stage, manifest.stage);
  EXPECT_EQ(read->stage_version, manifest.stage_version);
  EXPECT_EQ(read->started, manifest.started);
  EXPECT_EQ(read->finished, manifest.finished);
  ASSERT_EQ(read->parameters.size(), 5u);
  for (const auto& [name, value] : manifest.parameters) {
    EXPECT_TRUE(SameValue(read->parameters.at(name), value)) << name;
  }
  EXPECT_EQ(read->inputs.at("X_train").SerializeAsString(),
            manifest.inputs.at("X_train").SerializeAsString());
  EXPECT_EQ(read->result.DebugString(), manifest.result.DebugString());
}

TEST(ManifestTest, KeepsNumbersThatJsonHasNot) {
  Manifest manifest = TrainManifest();
  auto& metrics = *manifest.result.mutable_metrics();
  metrics["nan"] = std::nan("");
  metrics["minus"] = -std::numeric_limits<double>::infinity();
  const auto read = ParseManifest(FormatManifest(manifest), Prefix());
  ASSERT_OK(read);
  EXPECT_TRUE(std::isnan(read->result.metrics().at("nan")));
  EXPECT_EQ(read->result.metrics().at("minus"),
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(read->result.metrics().at("loss"),
            std::numeric_limits<double>::infinity());
}

TEST(ManifestTest, OutputsAreFoundWhereTheManifestStands) {
  const auto elsewhere = ArtifactUri::Parse("pvc://backup/kept/1");
  const auto read = ParseManifest(FormatManifest(TrainManifest()), *elsewhere);
  ASSERT_OK(read);
  EXPECT_EQ(read->result.outputs(0).uri(),
            "pvc://backup/kept/1/weights.safetensors");
}

TEST(ManifestTest, PassesOverFieldsItDoesNotKnow) {
  Json json = Json::parse(FormatManifest(TrainManifest()));
  json["later"] = {{"more", 1}};
  EXPECT_OK(ParseManifest(json.dump(), Prefix()));
}

TEST(ManifestTest, TextThatIsNotUtf8DoesNotStopTheWriting) {
  Manifest manifest = TrainManifest();
  (*manifest.result.mutable_outputs(0)->mutable_metadata())["note"] = "a\xff";
  EXPECT_OK(ParseManifest(FormatManifest(manifest), Prefix()));
}

TEST(ManifestTest, EveryCutOffManifestIsDataLoss) {
  const std::string text = FormatManifest(TrainManifest());
  // Only the newline at the end may be missing.
  for (size_t length = 0; length + 1 < text.size(); length += 7) {
    EXPECT_THAT(ParseManifest(text.substr(0, length), Prefix()),
                StatusIs(absl::StatusCode::kDataLoss,
                         HasSubstr("runs/r/train/1/manifest.json")))
        << length;
  }
}

struct Damage {
  const char* name;
  std::function<void(Json&)> apply;
  const char* message;
};

class ManifestDamageTest : public testing::TestWithParam<Damage> {};

TEST_P(ManifestDamageTest, IsDataLossNamingTheField) {
  Json json = Json::parse(FormatManifest(TrainManifest()));
  GetParam().apply(json);
  EXPECT_THAT(ParseManifest(json.dump(), Prefix()),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr("manifest.json: "),
                             HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    All, ManifestDamageTest,
    testing::Values(
        Damage{"NotAnObject", [](Json& json) { json = 3; },
               "the manifest is not a JSON object"},
        Damage{"NewerVersion", [](Json& json) { json["format_version"] = 2; },
               "field format_version is missing or not 1"},
        Damage{"NoVersion", [](Json& json) { json.erase("format_version"); },
               "field format_version"},
        Damage{"NoExecution", [](Json& json) { json.erase("execution_id"); },
               "field execution_id is missing or not a string"},
        Damage{"StageIsText", [](Json& json) { json["stage"] = "train"; },
               "stage. is not a JSON object"},
        Damage{"NotATime", [](Json& json) { json["started"] = "noon"; },
               "field started is missing or not a time"},
        Damage{"UnknownType",
               [](Json& json) { json["outputs"][0]["type"] = "picture"; },
               "field outputs[0].type is missing or not a type"},
        Damage{"BadDigest",
               [](Json& json) { json["outputs"][0]["sha256"] = "abc"; },
               "field outputs[0].sha256"},
        Damage{"NegativeSize",
               [](Json& json) { json["outputs"][0]["size_bytes"] = -1; },
               "field outputs[0].size_bytes is missing or not at least 0"},
        Damage{
            "SizeIsHuge",
            [](Json& json) { json["outputs"][0]["size_bytes"] = ~uint64_t{0}; },
            "field outputs[0].size_bytes"},
        Damage{"FileLeadsOut",
               [](Json& json) { json["outputs"][0]["file"] = "../x"; },
               "field outputs[0].file"},
        Damage{"NegativeShape",
               [](Json& json) {
                 json["outputs"][0]["tensors"][0]["shape"][0] = -200;
               },
               "field outputs[0].tensors[0].shape"},
        Damage{"MetricIsText",
               [](Json& json) { json["metrics"]["loss"] = "low"; },
               "field metrics.loss is missing or not a number"},
        Damage{"ParameterIsNull",
               [](Json& json) { json["parameters"]["epochs"] = nullptr; },
               "field parameters.epochs"},
        Damage{"NegativeTime",
               [](Json& json) { json["times"]["read_seconds"] = -1; },
               "field times.read_seconds"}),
    [](const auto& damage) { return std::string(damage.param.name); });

}  // namespace
}  // namespace stagecoach
