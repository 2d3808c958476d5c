// Tells the thread sanitizer of Abseil's locks. Debian's libraries are built
// without it, so that it sees neither an absl::Mutex nor what it orders, and
// would call every guarded member a race.
//
// The linker lets our calls to absl::Mutex and its kin go through here
// (--wrap, see StagecoachTargets.cmake); the names are those of Debian 12.

#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}

namespace {

using absl::BlockingCounter;
using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

// What others wait for is looked at by whoever unlocks, before the next one can
// lock: no race, but one that cannot be seen from here.
class IgnoreConditions {
 public:
  IgnoreConditions() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~IgnoreConditions() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};

// Around something that gives the lock up and takes it again, or one of both.
template <typename Call>
auto Ordered(const void* lock, const Call& call) {
  __tsan_release(const_cast<void*>(lock));
  struct Acquire {
    const void* lock;
    ~Acquire() { __tsan_acquire(const_cast<void*>(lock)); }
  } acquire{lock};
  const IgnoreConditions ignore;
  return call();
}

}  // namespace

// What SYMBOL orders by LOCK, is called with, and passes on.
#define WRAP(RESULT, SYMBOL, LOCK, PARAMETERS, ARGUMENTS)            \
  extern "C" RESULT __real_##SYMBOL PARAMETERS;                      \
  extern "C" RESULT __wrap_##SYMBOL PARAMETERS {                     \
    return Ordered(LOCK, [&] { return __real_##SYMBOL ARGUMENTS; }); \
  }

WRAP(void, _ZN4absl7debian35Mutex4LockEv, lock, (Mutex * lock), (lock))
WRAP(void, _ZN4absl7debian35Mutex6UnlockEv, lock, (Mutex * lock), (lock))
WRAP(bool, _ZN4absl7debian35Mutex7TryLockEv, lock, (Mutex * lock), (lock))
WRAP(void, _ZN4absl7debian35Mutex10ReaderLockEv, lock, (Mutex * lock), (lock))
WRAP(void, _ZN4absl7debian35Mutex12ReaderUnlockEv, lock, (Mutex * lock), (lock))
WRAP(void, _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, lock,
     (Mutex * lock, const Condition& condition), (lock, condition))
WRAP(bool,
     _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE,
     lock, (Mutex * lock, const Condition& condition, Duration limit),
     (lock, condition, limit))
WRAP(bool,
     _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE,
     lock, (Mutex * lock, const Condition& condition, Time limit),
     (lock, condition, limit))
WRAP(void, _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, lock,
     (CondVar * changed, Mutex* lock), (changed, lock))
WRAP(bool, _ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE,
     lock, (CondVar * changed, Mutex* lock, Duration limit),
     (changed, lock, limit))
WRAP(bool, _ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE,
     lock, (CondVar * changed, Mutex* lock, Time limit), (changed, lock, limit))
WRAP(void, _ZN4absl7debian312Notification6NotifyEv, done, (Notification * done),
     (done))
WRAP(void, _ZNK4absl7debian312Notification19WaitForNotificationEv, done,
     (const Notification* done), (done))
WRAP(
    bool,
    _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE,
    done, (const Notification* done, Duration limit), (done, limit))
// Is given the flag, which stands behind the notification's mutex.
WRAP(bool,
     _ZN4absl7debian312Notification23HasBeenNotifiedInternalEPKSt6atomicIbE,
     flag - sizeof(Mutex), (const char* flag), (flag))
WRAP(bool, _ZN4absl7debian315BlockingCounter14DecrementCountEv, counter,
     (BlockingCounter * counter), (counter))
WRAP(void, _ZN4absl7debian315BlockingCounter4WaitEv, counter,
     (BlockingCounter * counter), (counter))
