#include "services/common/base/lock_order.h"

#include <cstdlib>

#include "absl/synchronization/mutex.h"

namespace stagecoach {
namespace {

#ifdef NDEBUG
constexpr bool kRelease = true;
#else
constexpr bool kRelease = false;
#endif

}  // namespace

void ConfigureLockOrderChecks() {
  const bool check =
      !kRelease || std::getenv("STAGECOACH_CHECK_LOCK_ORDER") != nullptr;
  absl::SetMutexDeadlockDetectionMode(check ? absl::OnDeadlockCycle::kAbort
                                            : absl::OnDeadlockCycle::kIgnore);
}

}  // namespace stagecoach
