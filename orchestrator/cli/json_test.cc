#include "orchestrator/cli/json.h"

#include "gtest/gtest.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {
namespace {

TEST(JsonTest, HasFieldNamesOfTheProtosAndFieldsAtTheirDefault) {
  v1::ListArtifactsRequest message;
  message.set_run_id("airline-abc");
  EXPECT_EQ(ToJsonLine(message),
            "{\"run_id\":\"airline-abc\",\"step\":\"\"}\n");
  EXPECT_EQ(ToJson(message),
            "{\n \"run_id\": \"airline-abc\",\n \"step\": \"\"\n}\n");
}

TEST(JsonTest, Has64BitIntegersAsStrings) {
  v1::WatchRunRequest message;
  message.set_after_cursor(int64_t{1} << 60);
  EXPECT_EQ(ToJsonLine(message),
            "{\"run_id\":\"\",\"after_cursor\":\"1152921504606846976\"}\n");
}

}  // namespace
}  // namespace stagecoach
