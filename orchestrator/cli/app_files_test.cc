// The verbs that move files between this machine and the volume.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/app_fixture.h"
#include "orchestrator/cli/testing/text_proto.h"
#include "orchestrator/cli/verbs/upload.h"
#include "services/common/base/sha256.h"

namespace stagecoach {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class AppFilesTest : public AppTest {
 protected:
  // Puts `bytes` where output `step` of the sample run is said to be.
  void Store(int step, const std::string& bytes) {
    v1::Artifact& artifact =
        *client_.runs.front().mutable_steps(step)->mutable_outputs(0);
    artifact.set_sha256(Sha256Hex(bytes));
    artifact.set_size_bytes(static_cast<int64_t>(bytes.size()));
    client_.files[artifact.uri()] = bytes;
  }
};

TEST_F(AppFilesTest, AnInputThatIsAFileIsUploaded) {
  Write("mine.csv", "Month,Passengers\n1,112\n");
  ScriptSuccess();
  EXPECT_EQ(Run("run airline --input source=./mine.csv"), 0);
  ASSERT_EQ(client_.run_requests.size(), 1u);
  const std::string uri = client_.run_requests[0].inputs().at("source");
  EXPECT_EQ(uri, "pvc://artifacts/uploads/1/mine.csv");
  EXPECT_EQ(client_.files[uri], "Month,Passengers\n1,112\n");
  EXPECT_THAT(console_.err,
              StartsWith("uploaded ./mine.csv (23 B, digest checked) to "));
}

TEST_F(AppFilesTest, AnInputThatIsNotThereIsAUsageErrorBeforeAnythingIsSent) {
  EXPECT_EQ(Run("run airline --input source=mine.csv"), 2);
  EXPECT_THAT(console_.err,
              AllOf(HasSubstr("input 'source': there is no file "),
                    HasSubstr("or a URI such as pvc://")));
  EXPECT_EQ(Run("run airline --input source=."), 2);
  EXPECT_THAT(console_.err, HasSubstr("is a folder, not a file"));
  EXPECT_THAT(client_.files, IsEmpty());
  EXPECT_THAT(client_.run_requests, IsEmpty());
}

TEST_F(AppFilesTest, APathMayStartAtTheHomeFolder) {
  Write("mine.csv", "a\n");
  EXPECT_EQ(Run("artifacts push ~/mine.csv"), 0);
  EXPECT_EQ(console_.out, "pvc://artifacts/uploads/1/mine.csv\n");
}

TEST_F(AppFilesTest, UploadsShowHowFarTheyAreOnATerminal) {
  console_.err_size = {80, 24};
  Write("mine.csv", std::string(3 << 20, 'a'));
  EXPECT_EQ(Run("artifacts push mine.csv"), 0);
  EXPECT_THAT(console_.err, AllOf(HasSubstr("uploading mine.csv"),
                                  HasSubstr("3.0 MiB of 3.0 MiB")));
}

TEST_F(AppFilesTest, CtrlCEndsAnUpload) {
  interrupted_ = true;
  Write("mine.csv", "a\n");
  EXPECT_EQ(Run("artifacts push mine.csv"), 130);
  EXPECT_THAT(client_.files, IsEmpty());
}

TEST(UploadNameTest, HasOnlyWhatIsAllowed) {
  EXPECT_EQ(UploadName("/data/mine.csv"), "mine.csv");
  EXPECT_EQ(UploadName("a b/Umsätze 2026.csv"), "Ums__tze_2026.csv");
  EXPECT_EQ(UploadName(".hidden"), "_hidden");
  EXPECT_EQ(UploadName(std::string(200, 'x') + ".csv"),
            std::string(124, 'x') + ".csv");
}

TEST_F(AppFilesTest, RunSetsCachePriorityAndPullsItsOutputs) {
  Store(3, "tensor");
  ScriptSuccess();
  EXPECT_EQ(Run("run airline --cache refresh --priority -3 --pull results"), 0);
  ASSERT_EQ(client_.run_requests.size(), 1u);
  EXPECT_EQ(client_.run_requests[0].cache_mode(), v1::CACHE_MODE_REFRESH);
  EXPECT_EQ(client_.run_requests[0].priority(), -3);
  EXPECT_EQ(
      std::filesystem::file_size(folder_ + "/results/y_forecast.safetensors"),
      6u);
  EXPECT_EQ(Run("run airline --cache maybe"), 2);
  EXPECT_EQ(Run("run airline --priority 101"), 2);
}

TEST_F(AppFilesTest, DetachAndWaitExcludeEachOther) {
  EXPECT_EQ(Run("run airline --detach --wait"), 2);
  ScriptSuccess();
  EXPECT_EQ(Run("run airline --wait"), 0);
}

TEST_F(AppFilesTest, VerifyReadsEveryArtifact) {
  Store(0, "tensor");
  Store(1, "windows");
  EXPECT_EQ(Run("artifacts verify airline-abc --step prepare"), 0);
  EXPECT_THAT(console_.out, HasSubstr("prepare  X_train    7 B  whole"));
  client_.files[UriOf(1)] = "windowS";
  EXPECT_EQ(Run("artifacts verify airline-abc --step prepare"), 1);
  EXPECT_THAT(console_.out, HasSubstr("bad"));
  EXPECT_EQ(Run("artifacts verify airline-abc --step prepare -o json"), 1);
  EXPECT_EQ(json::parse(console_.out)["artifacts"][0]["whole"], false);
}

TEST_F(AppFilesTest, PinAndUnpinTakeARunOrAUri) {
  EXPECT_EQ(Run("artifacts pin airline-abc y_forecast"), 0);
  EXPECT_EQ(Run("artifacts unpin pvc://artifacts/a"), 0);
  ASSERT_EQ(client_.pin_requests.size(), 2u);
  EXPECT_EQ(client_.pin_requests[0].uri(), UriOf(3));
  EXPECT_FALSE(client_.pin_requests[0].unpin());
  EXPECT_EQ(client_.pin_requests[1].uri(), "pvc://artifacts/a");
  EXPECT_TRUE(client_.pin_requests[1].unpin());
}

TEST_F(AppFilesTest, LineageSaysWhatMadeItAndWhatUsedIt) {
  client_.lineage = FromText<v1::GetLineageResponse>(R"pb(
    artifact {
      artifact { uri: "pvc://artifacts/w" }
      run_id: "airline-abc"
      step: "train"
      attempt: 2
    }
    made_from { name: "X_train" uri: "pvc://artifacts/x" }
    used_by { run_id: "airline-new" step: "forecast" input: "weights" })pb");
  EXPECT_EQ(Run("artifacts lineage pvc://artifacts/w"), 0);
  EXPECT_EQ(console_.out,
            "pvc://artifacts/w\nmade by airline-abc/train/2\n"
            "\nMade from\n"
            "  ARTIFACT  SHAPE        URI\n"
            "  X_train   unspecified  pvc://artifacts/x\n"
            "\nUsed by\n"
            "  RUN          STEP      AS\n"
            "  airline-new  forecast  weights\n");
}

// The bytes of the file `name` in the test's folder.
std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(AppFilesTest, PullConvertsTensors) {
  Store(3, SampleTensorFile("y_forecast", {2, 1}, {52.5F, 53}));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --format csv"), 0);
  EXPECT_THAT(Contents(folder_ + "/y_forecast.csv"), HasSubstr("\n52.5\n53\n"));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --format csv"), 1);
  EXPECT_THAT(console_.err, HasSubstr("is there already"));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --format npy"), 0);
  EXPECT_THAT(Contents(folder_ + "/y_forecast.npy"), StartsWith("\x93NUMPY"));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --format pt --to a.pt"),
            0);
  EXPECT_THAT(Contents(folder_ + "/a.pt"), StartsWith("PK"));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --format onnx"), 2);
}

TEST_F(AppFilesTest, PullConvertsNothingElse) {
  Store(2, "{}");
  EXPECT_EQ(Run("artifacts pull airline-abc history --format pt"), 1);
  EXPECT_THAT(console_.err, HasSubstr("is of type report"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(AppFilesTest, PullOfARunCopiesAllOfItByStep) {
  const std::vector<std::string> bytes = {"0", "1", "2", "3"};
  for (int step = 0; step < 4; ++step) Store(step, bytes[step]);
  v1::Run& run = client_.runs.front();
  for (v1::Step& step : *run.mutable_steps()) {
    step.mutable_outputs()->DeleteSubrange(1, step.outputs_size() - 1);
  }
  EXPECT_EQ(Run("artifacts pull airline-abc"), 0) << console_.err;
  EXPECT_EQ(Contents(folder_ + "/airline-abc/load/train.safetensors"), "0");
  EXPECT_EQ(Contents(folder_ + "/airline-abc/forecast/y_forecast.safetensors"),
            "3");
  EXPECT_THAT(console_.out, HasSubstr("train.safetensors  1 B, digest"));
  EXPECT_EQ(Run("artifacts pull airline-abc"), 1);
  EXPECT_THAT(console_.err, HasSubstr("is there already"));
  EXPECT_EQ(Run("artifacts pull airline-abc --to other"), 0);
  EXPECT_EQ(Contents(folder_ + "/other/load/train.safetensors"), "0");
  EXPECT_EQ(Run("artifacts pull airline-abc --format pt"), 2);
  EXPECT_THAT(console_.err, HasSubstr("give its name"));
}

TEST_F(AppFilesTest, PullNeverReplacesWhatIsNoFile) {
  Store(3, "tensor");
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast --to /dev/null --force"),
            1);
  EXPECT_THAT(console_.err, HasSubstr("is there, but no file"));
}

}  // namespace
}  // namespace stagecoach
