#include "orchestrator/engine/crash_point.h"

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kNames[] = {
    "submitted",       "before-commit",  "after-commit", "events-published",
    "before-answer",   "after-answer",   "before-call",  "after-call",
    "result-received", "before-cancel",  "after-cancel", "run-ended",
    "before-deletion", "after-deletion", "runs-read",    "recovered",
    "stopping",
};
static_assert(std::size(kNames) == kCrashPoints);

}  // namespace

absl::string_view CrashPointName(CrashPoint point) {
  return kNames[static_cast<int>(point)];
}

#ifdef STAGECOACH_CRASH_POINTS
namespace {

struct Crash {
  std::string name;  // empty: nowhere
  int nth = 1;
};

Crash ReadCrash() {
  const char* wish = std::getenv("STAGECOACH_CRASH_AT");
  if (wish == nullptr) return {};
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(wish, absl::MaxSplits(':', 1));
  Crash crash{.name = parts.first};
  if (!absl::SimpleAtoi(parts.second, &crash.nth)) crash.nth = 1;
  return crash;
}

}  // namespace

void PassCrashPoint(CrashPoint point) {
  static const Crash& crash = *new Crash(ReadCrash());
  static std::atomic<int> passed = 0;
  if (crash.name != CrashPointName(point)) return;
  if (++passed == crash.nth) raise(SIGKILL);
}
#endif

}  // namespace stagecoach
