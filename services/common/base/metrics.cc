#include "services/common/base/metrics.h"

#include <dirent.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/base/logging.h"
#include "services/common/base/version.h"

namespace stagecoach {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string ReadProcFile(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// When the process started: proc(5), field 22 of `stat` in clock ticks since
// boot, and `btime` of /proc/stat.
double ReadStartTime() {
  const std::string stat = ReadProcFile("/proc/self/stat");
  // The second field is the program's name in brackets and may hold anything.
  const std::vector<std::string> after_name = absl::StrSplit(
      stat.substr(std::min(stat.size(), stat.rfind(')') + 2)), ' ');
  double ticks = 0;
  if (after_name.size() < 20 || !absl::SimpleAtod(after_name[19], &ticks)) {
    return 0;
  }
  for (absl::string_view line :
       absl::StrSplit(ReadProcFile("/proc/stat"), '\n')) {
    double boot = 0;
    if (absl::ConsumePrefix(&line, "btime ") && absl::SimpleAtod(line, &boot)) {
      return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
  return 0;
}

double CpuSeconds() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ResidentBytes() {
  const std::string pages = ReadProcFile("/proc/self/statm");
  const std::vector<std::string> fields = absl::StrSplit(pages, ' ');
  double resident = 0;
  if (fields.size() < 2 || !absl::SimpleAtod(fields[1], &resident)) return 0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenFileDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  int entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // `.`, `..` and the one that opendir itself uses
}

double MaxFileDescriptors() {
  struct rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

MetricFamily OneValue(const char* name, const char* help, MetricType type,
                      double value) {
  ClientMetric metric;
  metric.counter.value = value;
  metric.gauge.value = value;
  return {name, help, type, {metric}};
}

MetricFamily LogMessages() {
  MetricFamily family{"stagecoach_log_messages_total",
                      "Log records written, by level.",
                      MetricType::Counter,
                      {}};
  for (const LogLevel level : kLogLevels) {
    ClientMetric metric;
    metric.label = {{"level", std::string(LogLevelName(level))}};
    metric.counter.value = static_cast<double>(LogMessageCount(level));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::string LabelText(const ClientMetric& metric) {
  std::vector<ClientMetric::Label> labels = metric.label;
  std::sort(labels.begin(), labels.end());
  return absl::StrJoin(
      labels, ",", [](std::string* out, const ClientMetric::Label& label) {
        absl::StrAppend(out, label.name, "=\"", label.value, "\"");
      });
}

double ValueOf(MetricType type, const ClientMetric& metric) {
  switch (type) {
    case MetricType::Counter:
      return metric.counter.value;
    case MetricType::Histogram:
      return static_cast<double>(metric.histogram.sample_count);
    default:
      return metric.gauge.value;
  }
}

}  // namespace

const std::vector<double>& CallSecondsBuckets() {
  static const auto& buckets = *new std::vector<double>{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10,
      30,     60,      120,    300,   600,    1800,  3600};
  return buckets;
}

const std::vector<double>& OperationSecondsBuckets() {
  static const auto& buckets = *new std::vector<double>{
      0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001,
      0.0025,  0.005,    0.01,    0.025,  0.05,    0.1,    0.25,
      0.5,     1,        2.5,     5,      10,      30};
  return buckets;
}

const std::vector<double>& SizeBytesBuckets() {
  static const auto& buckets =
      *new std::vector<double>{0x1p8,  0x1p11, 0x1p14, 0x1p17, 0x1p20,
                               0x1p23, 0x1p26, 0x1p29, 0x1p32, 0x1p34};
  return buckets;
}

ProcessMetrics::ProcessMetrics(absl::string_view component)
    : start_time_seconds_(ReadStartTime()) {
  prometheus::BuildGauge()
      .Name("stagecoach_build_info")
      .Help("Always 1; the labels say which program this is.")
      .Register(registry_)
      .Add({{"component", std::string(component)},
            {"version", std::string(Version())},
            {"revision", std::string(Revision())},
            {"compiler", __VERSION__}})
      .Set(1);
}

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  std::vector<MetricFamily> families = registry_.Collect();
  families.push_back(OneValue("process_cpu_seconds_total",
                              "User and system CPU time spent, in seconds.",
                              MetricType::Counter, CpuSeconds()));
  families.push_back(OneValue("process_resident_memory_bytes",
                              "Resident memory, in bytes.", MetricType::Gauge,
                              ResidentBytes()));
  families.push_back(OneValue("process_open_fds", "Open file descriptors.",
                              MetricType::Gauge, OpenFileDescriptors()));
  families.push_back(OneValue("process_max_fds",
                              "Most file descriptors that may be open.",
                              MetricType::Gauge, MaxFileDescriptors()));
  families.push_back(OneValue("process_start_time_seconds",
                              "Start of the process, seconds since the epoch.",
                              MetricType::Gauge, start_time_seconds_));
  families.push_back(LogMessages());
  return families;
}

std::string RenderMetrics(const prometheus::Collectable& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

double MetricValue(const prometheus::Collectable& metrics,
                   absl::string_view name, absl::string_view labels) {
  for (const MetricFamily& family : metrics.Collect()) {
    if (family.name != name) continue;
    for (const ClientMetric& metric : family.metric) {
      if (LabelText(metric) == labels) return ValueOf(family.type, metric);
    }
  }
  return -1;
}

}  // namespace stagecoach
