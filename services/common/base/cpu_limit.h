// How many processors this process may use.

#ifndef SERVICES_COMMON_BASE_CPU_LIMIT_H_
#define SERVICES_COMMON_BASE_CPU_LIMIT_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace stagecoach {

// Whole processors, >= 1: those that the scheduler may place this thread on,
// and no more than the CPU quota of the process's cgroup, of version 1 or 2,
// and of those above it. A quota of 1.5 counts as 2.
int CpuLimit();

// The same by quotas alone, from files below `root` as they are below /; none
// if there is no quota.
std::optional<double> CgroupCpuQuota(absl::string_view root);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_CPU_LIMIT_H_
