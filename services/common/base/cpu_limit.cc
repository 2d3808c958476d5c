#include "services/common/base/cpu_limit.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace stagecoach {
namespace {

// Empty if the file cannot be read: another version's, or none.
std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<double> Quota(absl::string_view quota, absl::string_view period) {
  double used = 0;
  double of = 0;
  // "max", or -1 in version 1: no limit.
  if (!absl::SimpleAtod(quota, &used) || !absl::SimpleAtod(period, &of) ||
      used <= 0 || of <= 0) {
    return std::nullopt;
  }
  return used / of;
}

// Of one cgroup: `folder` is where it is mounted, without its version's files
// it has none.
std::optional<double> QuotaIn(const std::string& folder) {
  const std::string maximum = Read(folder + "/cpu.max");
  const std::vector<absl::string_view> parts =
      absl::StrSplit(maximum, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  if (parts.size() == 2) return Quota(parts[0], parts[1]);
  return Quota(Read(folder + "/cpu.cfs_quota_us"),
               Read(folder + "/cpu.cfs_period_us"));
}

std::optional<double> Least(std::optional<double> a, std::optional<double> b) {
  if (!a.has_value()) return b;
  return b.has_value() ? std::min(*a, *b) : a;
}

// The cgroup and all above it.
std::optional<double> QuotaUpTo(const std::string& mount, std::string group) {
  std::optional<double> least = QuotaIn(mount);
  while (group.size() > 1) {
    least = Least(least, QuotaIn(mount + group));
    group.resize(group.rfind('/'));
  }
  return least;
}

bool HasCpu(absl::string_view controllers) {
  for (absl::string_view controller : absl::StrSplit(controllers, ',')) {
    if (controller == "cpu") return true;
  }
  return false;
}

}  // namespace

std::optional<double> CgroupCpuQuota(absl::string_view root) {
  std::optional<double> least;
  std::istringstream lines(Read(absl::StrCat(root, "/proc/self/cgroup")));
  for (std::string line; std::getline(lines, line);) {
    // hierarchy:controllers:path; version 2 has no controllers.
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::string mount = absl::StrCat(root, "/sys/fs/cgroup");
    if (parts[1].empty()) {
      least = Least(least, QuotaUpTo(mount, parts[2]));
    } else if (HasCpu(parts[1])) {
      least = Least(least, QuotaUpTo(mount + "/cpu", parts[2]));
    }
  }
  return least;
}

int CpuLimit() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
  const int processors = known ? std::max(1, CPU_COUNT(&allowed)) : 1;
  const std::optional<double> quota = CgroupCpuQuota("");
  if (!quota.has_value() || *quota >= processors) return processors;
  return std::max(1, static_cast<int>(std::ceil(*quota)));
}

}  // namespace stagecoach
