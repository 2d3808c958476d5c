#include "orchestrator/api/http/http_api.h"

#include <grpcpp/channel.h>
#include <yaml-cpp/yaml.h>

#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/api/http/event_stream.h"
#include "orchestrator/api/http/openapi.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/channel.h"

namespace stagecoach {
namespace {

TEST(HttpApiTest, TheDescriptionHasEveryRouteAndNoOther) {
  const auto stub = v1::Orchestrator::NewStub(MakeChannel("127.0.0.1:1"));
  TimerQueue timers(Clock::Real());
  const HttpApi api(*stub, timers, {});
  std::set<std::string> served;
  for (const RoutePattern& pattern : api.patterns()) {
    served.insert(absl::StrCat(pattern.method, " ", pattern.path));
  }
  std::set<std::string> described;
  const YAML::Node document = YAML::Load(std::string(kOpenApi));
  for (const auto& path : document["paths"]) {
    for (const auto& method : path.second) {
      described.insert(
          absl::StrCat(absl::AsciiStrToUpper(method.first.as<std::string>()),
                       " ", path.first.as<std::string>()));
    }
  }
  EXPECT_EQ(served, described);
}

TEST(EventStreamTest, DurableEventsHaveAnIdAndProgressHasNone) {
  v1::RunEvent event;
  event.set_cursor(7);
  event.mutable_run()->set_state(v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(FormatEvent(event),
            "id: 7\nevent: run\ndata: {\"cursor\":\"7\",\"run\":"
            "{\"state\":\"RUN_STATE_SUCCEEDED\"}}\n\n");
  event.Clear();
  event.mutable_progress()->set_step("train");
  EXPECT_EQ(FormatEvent(event),
            "event: progress\ndata: {\"progress\":{\"step\":\"train\"}}\n\n");
}

}  // namespace
}  // namespace stagecoach
