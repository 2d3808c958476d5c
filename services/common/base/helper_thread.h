// A thread for work that can be done without it, too.

#ifndef SERVICES_COMMON_BASE_HELPER_THREAD_H_
#define SERVICES_COMMON_BASE_HELPER_THREAD_H_

#include <thread>

#include "absl/functional/any_invocable.h"

namespace stagecoach {

// Runs `work` on a thread of its own, which the caller joins; not joinable, and
// nothing is run, if the system has no more threads.
std::thread StartHelperThread(absl::AnyInvocable<void() &&> work);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_HELPER_THREAD_H_
