#include "orchestrator/export/otlp.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/export/export_test_run.h"
#include "services/common/base/trace_parent.h"

namespace stagecoach {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Json = nlohmann::json;

// Spans by name, and the service of each.
struct Exported {
  std::map<std::string, Json> spans;
  std::map<std::string, std::string> services;
};

Exported Parse(const std::vector<std::string>& resource_spans) {
  Exported exported;
  const Json request = Json::parse(TraceExportRequest(resource_spans));
  for (const Json& resource : request["resourceSpans"]) {
    const std::string service =
        resource["resource"]["attributes"][0]["value"]["stringValue"];
    for (const Json& span : resource["scopeSpans"][0]["spans"]) {
      exported.spans[span["name"]] = span;
      exported.services[span["name"]] = service;
    }
  }
  return exported;
}

// Milliseconds after the run's start.
int64_t At(const Json& span, const char* field) {
  const int64_t nanos = std::stoll(span[field].get<std::string>());
  return (nanos - absl::ToUnixNanos(kExportStart)) / 1'000'000;
}

TEST(OtlpTest, ARunHasWaitsAttemptsAndWhatReplicasDid) {
  const Exported exported = Parse(SpansOfRun(ExportTestRun()));
  std::vector<std::string> names;
  for (const auto& [name, span] : exported.spans) names.push_back(name);
  EXPECT_THAT(names, UnorderedElementsAre("run airline", "load/1", "wait train",
                                          "train/1", "execute load",
                                          "execute train", "compute"));
  EXPECT_EQ(exported.services.at("train/1"), "stagecoach-orchestrator");
  EXPECT_EQ(exported.services.at("execute train"), "stagecoach-train");
}

TEST(OtlpTest, SpansStandInTheTraceOfTheRunEachWithinItsParent) {
  const Exported exported = Parse(SpansOfRun(ExportTestRun()));
  const auto parent = [&](const char* name) {
    return exported.spans.at(name)["parentSpanId"];
  };
  const auto id = [&](const char* name) {
    return exported.spans.at(name)["spanId"];
  };
  for (const auto& [name, span] : exported.spans) {
    EXPECT_EQ(span["traceId"], kExportTrace) << name;
  }
  EXPECT_EQ(id("run airline"), "00f067aa0ba902b7");
  EXPECT_EQ(parent("train/1"), id("run airline"));
  EXPECT_EQ(parent("execute train"), id("train/1"));
  EXPECT_EQ(parent("compute"), id("execute train"));
  // What the stage was told.
  EXPECT_EQ(
      ParseTraceParent(ChildSpan(ExportTestRun().trace_parent(), "r/train/1"))
          ->span_id,
      id("train/1"));
}

TEST(OtlpTest, TimesAreThoseOfTheRecord) {
  const Exported exported = Parse(SpansOfRun(ExportTestRun()));
  const Json& attempt = exported.spans.at("train/1");
  EXPECT_EQ(At(attempt, "startTimeUnixNano"), 3000);
  EXPECT_EQ(At(attempt, "endTimeUnixNano"), 5000);
  // In the middle of what was not spent on the way.
  const Json& execution = exported.spans.at("execute train");
  EXPECT_EQ(At(execution, "startTimeUnixNano"), 3050);
  EXPECT_EQ(At(execution, "endTimeUnixNano"), 4950);
  EXPECT_EQ(At(exported.spans.at("wait train"), "startTimeUnixNano"), 2000);
}

TEST(OtlpTest, AFailureIsAnErrorWithItsCode) {
  v1::Run run = ExportTestRun();
  run.set_state(v1::RUN_STATE_FAILED);
  run.mutable_error()->set_code(v1::ERROR_CODE_NOT_FOUND);
  run.mutable_error()->set_message("no file");
  const Json span = Parse(SpansOfRun(run)).spans.at("run airline");
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_EQ(span["status"]["message"], "no file");
  EXPECT_EQ(span["attributes"].back()["value"]["stringValue"],
            "ERROR_CODE_NOT_FOUND");
}

TEST(OtlpTest, TheCreatingCallLinksTheCallerAndTheRun) {
  const v1::Run run = ExportTestRun();
  const std::string caller =
      std::string("00-") + kExportTrace + "-00000000000000ab-01";
  const Json call =
      Parse(SpanOfCall("CreateRun", caller, run, kExportStart, kExportStart))
          .spans.at("stagecoach.v1.Orchestrator/CreateRun");
  EXPECT_EQ(call["parentSpanId"], "00000000000000ab");
  EXPECT_EQ(call["spanId"],
            Parse(SpansOfRun(run)).spans.at("run airline")["parentSpanId"]);
  EXPECT_FALSE(
      Parse(SpanOfCall("CreateRun", "", run, kExportStart, kExportStart))
          .spans.begin()
          ->second.contains("parentSpanId"));
}

TEST(OtlpTest, WhatTheCallerDoesNotRecordIsNotExported) {
  v1::Run run = ExportTestRun();
  run.set_trace_parent(std::string("00-") + kExportTrace +
                       "-00f067aa0ba902b7-00");
  EXPECT_THAT(SpansOfRun(run), IsEmpty());
  run.clear_trace_parent();
  EXPECT_THAT(SpansOfRun(run), IsEmpty());
}

}  // namespace
}  // namespace stagecoach
