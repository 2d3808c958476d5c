#include "orchestrator/export/run_exporters.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/export/export_target.h"
#include "orchestrator/export/export_test_run.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

TEST(RunExportersTest, LineageEventsAreLinesOfAFile) {
  const std::string path = testing::TempDir() + "/lineage.jsonl";
  std::remove(path.c_str());
  prometheus::Registry registry;
  auto exporters =
      RunExporters::Open({.openlineage = "file:" + path}, registry);
  ASSERT_OK(exporters);
  EXPECT_TRUE((*exporters)->active());
  (*exporters)->RunChanged(ExportTestRun(), /*created=*/true, {});
  (*exporters)->Stop();
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(nlohmann::json::parse(line)["eventType"], "START");
  EXPECT_FALSE(std::getline(file, line));
  EXPECT_EQ(MetricValue(registry, "stagecoach_export_total",
                        "exporter=\"openlineage\",outcome=\"sent\""),
            1);
}

TEST(RunExportersTest, ATargetThatIsNotThereCostsCountedDrops) {
  prometheus::Registry registry;
  // Nothing listens on the port of discarded data.
  auto exporters =
      RunExporters::Open({.otlp_endpoint = "http://127.0.0.1:9"}, registry);
  ASSERT_OK(exporters);
  (*exporters)->RunChanged(ExportTestRun(), false, {});
  (*exporters)->Stop();
  EXPECT_EQ(MetricValue(registry, "stagecoach_export_total",
                        "exporter=\"otlp\",outcome=\"dropped\""),
            1);
}

TEST(RunExportersTest, WithoutTargetsNothingIsExported) {
  prometheus::Registry registry;
  auto exporters = RunExporters::Open({}, registry);
  ASSERT_OK(exporters);
  EXPECT_FALSE((*exporters)->active());
  (*exporters)->RunChanged(ExportTestRun(), true, {});
  (*exporters)->RunCreatedBy({}, ExportTestRun());
}

TEST(RunExporterOptionsTest, WhatIsNoTargetIsRefusedWithTheFlagsName) {
  EXPECT_OK(RunExporterOptions{.openlineage = "file:x"}.Validate());
  EXPECT_OK(
      RunExporterOptions{.openlineage = "http://marquez:5000"}.Validate());
  EXPECT_OK(
      RunExporterOptions{.otlp_endpoint = "http://tempo:4318/"}.Validate());
  const auto refused = [](const RunExporterOptions& options,
                          const char* words) {
    EXPECT_THAT(options.Validate(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(words)));
  };
  refused({.openlineage = "file:"}, "--openlineage");
  refused({.openlineage = "lineage.jsonl"}, "--openlineage");
  refused({.otlp_endpoint = "tempo:4318"}, "--otlp-endpoint");
  refused({.otlp_endpoint = "http://"}, "--otlp-endpoint");
}

TEST(HttpUrlTest, IsSplitIntoOriginAndPath) {
  EXPECT_EQ(ParseHttpUrl("http://a:1")->origin, "http://a:1");
  EXPECT_EQ(ParseHttpUrl("http://a:1/")->path, "");
  EXPECT_EQ(ParseHttpUrl("http://a:1/")->origin, "http://a:1");
  EXPECT_EQ(ParseHttpUrl("https://a/b")->origin, "https://a");
  EXPECT_EQ(ParseHttpUrl("http://a/b/c")->origin, "http://a");
  EXPECT_EQ(ParseHttpUrl("http://a/b/c")->path, "/b/c");
}

}  // namespace
}  // namespace stagecoach
