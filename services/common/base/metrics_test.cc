#include "services/common/base/metrics.h"

#include <fcntl.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/logging.h"
#include "services/common/base/version.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

class ProcessMetricsTest : public testing::Test {
 protected:
  double Value(absl::string_view name, absl::string_view labels = "") const {
    return MetricValue(metrics_, name, labels);
  }

  ProcessMetrics metrics_{"train"};
};

TEST_F(ProcessMetricsTest, BuildInfoIsOneAndNamesTheProgram) {
  EXPECT_THAT(RenderMetrics(metrics_), HasSubstr("stagecoach_build_info{"));
  EXPECT_EQ(Value("stagecoach_build_info",
                  absl::StrCat("compiler=\"" __VERSION__
                               "\",component=\"train\",revision=\"",
                               Revision(), "\",version=\"", Version(), "\"")),
            1);
}

TEST_F(ProcessMetricsTest, CpuTimeGrowsWithWork) {
  const double before = Value("process_cpu_seconds_total");
  while (Value("process_cpu_seconds_total") == before) {
  }
  EXPECT_GE(before, 0);
}

TEST_F(ProcessMetricsTest, ResidentMemoryGrowsByWhatIsTouched) {
  constexpr size_t kBytes = 64 << 20;
  const double before = Value("process_resident_memory_bytes");
  const std::vector<char> touched(kBytes, 'x');
  EXPECT_GE(Value("process_resident_memory_bytes") - before,
            0.9 * static_cast<double>(touched.size()));
}

TEST_F(ProcessMetricsTest, OpenFileDescriptorsAreCountedExactly) {
  const double before = Value("process_open_fds");
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(Value("process_open_fds"), before + 1);
  close(fd);
  EXPECT_EQ(Value("process_open_fds"), before);
  EXPECT_GE(Value("process_max_fds"), before);
}

TEST_F(ProcessMetricsTest, StartTimeIsShortlyBeforeNow) {
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  EXPECT_LE(Value("process_start_time_seconds"), now + 1);
  EXPECT_GE(Value("process_start_time_seconds"), now - 600);
}

TEST_F(ProcessMetricsTest, LogRecordsAreCountedByLevel) {
  const double before =
      Value("stagecoach_log_messages_total", "level=\"error\"");
  Log(LogLevel::kError, "counted");
  EXPECT_EQ(Value("stagecoach_log_messages_total", "level=\"error\""),
            before + 1);
}

TEST_F(ProcessMetricsTest, ShowsWhatPartsAddToTheRegistry) {
  auto& family = prometheus::BuildCounter()
                     .Name("stagecoach_test_total")
                     .Register(metrics_.registry());
  family.Add({{"outcome", "ok"}}).Increment(3);
  EXPECT_EQ(Value("stagecoach_test_total", "outcome=\"ok\""), 3);
  EXPECT_EQ(Value("stagecoach_test_total", "outcome=\"other\""), -1);
  EXPECT_THAT(RenderMetrics(metrics_),
              HasSubstr("stagecoach_test_total{outcome=\"ok\"} 3"));
}

TEST(BucketsTest, GrowStrictlyAndSpanWhatTheyPromise) {
  for (const auto* buckets : {&CallSecondsBuckets(), &OperationSecondsBuckets(),
                              &SizeBytesBuckets()}) {
    EXPECT_EQ(std::adjacent_find(buckets->begin(), buckets->end(),
                                 std::greater_equal<>()),
              buckets->end());
  }
  EXPECT_EQ(CallSecondsBuckets().front(), 0.0001);
  EXPECT_EQ(CallSecondsBuckets().back(), 3600);
  EXPECT_EQ(OperationSecondsBuckets().front(), 0.00001);
  EXPECT_EQ(SizeBytesBuckets().back(), 16.0 * (1 << 30));
}

}  // namespace
}  // namespace stagecoach
