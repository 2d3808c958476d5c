#include "orchestrator/api/http/json_request.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/api/http/http_errors.h"
#include "services/common/base/retry_hint.h"
#include "services/common/base/status_matchers.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

absl::Status Parse(absl::string_view body, google::protobuf::Message& message) {
  return ParseRequest({.body = body, .body_field = "run"}, message);
}

TEST(JsonRequestTest, PlainValuesOfParametersKeepTheirType) {
  v1::CreateRunRequest request;
  ASSERT_OK(Parse(R"({"pipeline": "airline", "parameters": {
      "epochs": 50, "rate": 0.5, "whole": 2.0, "column": "x", "fast": true,
      "columns": ["a", "b"], "spelt": {"integerValue": "7"}}})",
                  request));
  const auto& values = request.run().parameters();
  EXPECT_EQ(request.run().pipeline(), "airline");
  EXPECT_EQ(values.at("epochs").integer_value(), 50);
  EXPECT_EQ(values.at("rate").number_value(), 0.5);
  EXPECT_EQ(values.at("whole").number_value(), 2);
  EXPECT_EQ(values.at("column").string_value(), "x");
  EXPECT_TRUE(values.at("fast").boolean_value());
  EXPECT_EQ(values.at("columns").string_list_value().values(1), "b");
  EXPECT_EQ(values.at("spelt").integer_value(), 7);
}

TEST(JsonRequestTest, QueryAndPathAddFieldsToTheBody) {
  v1::CreateRunRequest create;
  ASSERT_OK(ParseRequest({.body = "{\"pipeline\": \"airline\"}",
                          .body_field = "run",
                          .query = {{"validateOnly", "true"}}},
                         create));
  EXPECT_TRUE(create.validate_only());
  v1::ListRunsRequest list;
  ASSERT_OK(ParseRequest({.query = {{"page_size", "7"},
                                    {"state", "RUN_STATE_FAILED"},
                                    {"created_after", "2026-11-25T13:00:00Z"}}},
                         list));
  EXPECT_EQ(list.page_size(), 7);
  EXPECT_EQ(list.state(), v1::RUN_STATE_FAILED);
  EXPECT_TRUE(list.has_created_after());
  v1::CancelRunRequest cancel;
  ASSERT_OK(ParseRequest({.body = "{\"reason\": \"r\", \"runId\": \"other\"}",
                          .path_fields = {{"run_id", "airline-1"}}},
                         cancel));
  EXPECT_EQ(cancel.run_id(), "airline-1");
}

TEST(JsonRequestTest, SaysWhatIsWrong) {
  v1::CreateRunRequest request;
  for (const auto& [body, message] :
       std::vector<std::pair<std::string, std::string>>{
           {"{", "not JSON"},
           {"[1]", "array; it must be an object"},
           {"{\"pipelin\": \"x\"}", "pipelin"},
           {"{\"pipeline\": 7}", "pipeline"},
           {"{\"priority\": \"much\"}", "priority"}}) {
    EXPECT_THAT(
        Parse(body, request),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << body;
  }
  v1::ListRunsRequest list;
  EXPECT_THAT(ParseRequest({.query = {{"pipelin", "x"}}}, list),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"pipeline\"?")));
  EXPECT_THAT(ParseRequest({.query = {{"validate_only", "maybe"}}}, request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("it must be true or false")));
}

TEST(HttpErrorsTest, EveryCodeHasItsStatusAndItsName) {
  absl::Status error = absl::ResourceExhaustedError("full \"up\"");
  SetRetryHint(error, absl::Milliseconds(1200));
  const HttpResponse response = ErrorResponse(error);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body,
            "{\"error\":{\"code\":\"RESOURCE_EXHAUSTED\","
            "\"message\":\"full \\\"up\\\"\"}}\n");
  EXPECT_THAT(response.headers,
              testing::ElementsAre(testing::Pair("Retry-After", "2")));
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kNotFound), 404);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kUnavailable), 503);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kDataLoss), 500);
}

}  // namespace
}  // namespace stagecoach
