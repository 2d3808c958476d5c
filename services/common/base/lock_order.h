// Whether absl::Mutex looks for deadlocks that may come.

#ifndef SERVICES_COMMON_BASE_LOCK_ORDER_H_
#define SERVICES_COMMON_BASE_LOCK_ORDER_H_

namespace stagecoach {

// Debian builds Abseil with checks of the order in which mutexes are taken:
// each Lock of any mutex, also within gRPC, then passes through one table of
// all locks that the process holds, behind one lock. Turns that off in programs
// that are built for release, unless the environment has
// STAGECOACH_CHECK_LOCK_ORDER; in others a lock taken in a wrong order ends the
// program.
//
// To be called first thing in main, before other threads are started.
void ConfigureLockOrderChecks();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_LOCK_ORDER_H_
