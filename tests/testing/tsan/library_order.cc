// Tells the thread sanitizer by what Debian's Abseil and gRPC order what
// threads do. They are built without it, so that it sees neither an absl::Mutex
// nor the counters by which gRPC's threads hand on to each other, and would
// call every guarded member, and all that goes through a call, a race.
//
// Functions of the names of theirs stand in every program, come before theirs
// also in calls from library to library, and call them. The names are those of
// Debian 12.

#include <dlfcn.h>
#include <grpc/grpc.h>
#include <link.h>
#include <sanitizer/tsan_interface.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

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

struct AddressRange {
  uintptr_t begin;
  uintptr_t end;
};

int AddIfOfGrpc(dl_phdr_info* library, size_t /*size*/, void* ranges) {
  const std::string_view path = library->dlpi_name;
  if (path.find("/libgrpc") == path.npos && path.find("/libgpr") == path.npos) {
    return 0;
  }
  uintptr_t end = library->dlpi_addr;
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = library->dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    end = std::max(end, library->dlpi_addr + part.p_vaddr + part.p_memsz);
  }
  static_cast<std::vector<AddressRange>*>(ranges)->push_back(
      {library->dlpi_addr, end});
  return 0;
}

bool IsOfGrpc(const void* code) {
  static const auto& ranges = *[] {
    auto* found = new std::vector<AddressRange>();
    dl_iterate_phdr(AddIfOfGrpc, found);
    return found;
  }();
  const auto address = reinterpret_cast<uintptr_t>(code);
  for (const auto& [begin, end] : ranges) {
    if (begin <= address && address < end) return true;
  }
  return false;
}

// gRPC's threads hand on to each other by counters and queues without locks. To
// the sanitizer all of gRPC is one lock, held for a moment whenever gRPC locks
// or unlocks one of its own: what a thread did before is ordered before what a
// callback does afterwards. A race between two threads that both went through
// gRPC in between is not seen.
char all_of_grpc;

// Around a call from CALLER that gives the lock up or takes it, or both.
template <typename Call>
auto Ordered(const void* lock, const void* caller, const Call& call) {
  struct Order {
    void* lock;
    bool of_grpc;
    ~Order() {
      __tsan_acquire(lock);
      if (of_grpc) __tsan_acquire(&all_of_grpc);
    }
  };
  const Order order{const_cast<void*>(lock), IsOfGrpc(caller)};
  __tsan_release(order.lock);
  if (order.of_grpc) __tsan_release(&all_of_grpc);
  const IgnoreConditions ignore;
  return call();
}

// The function that comes after ours of the same name.
template <typename Function>
Function* Theirs(Function* /*ours*/, const char* symbol) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
}

}  // namespace

// Programs ask the linker for it, so that it takes this file (CMakeLists.txt).
extern "C" void stagecoach_library_order() {}

// What threads do is ordered by LOCK wherever SYMBOL is called.
#define ORDERED(RESULT, SYMBOL, LOCK, PARAMETERS, ARGUMENTS)                   \
  extern "C" __attribute__((visibility("default"))) RESULT SYMBOL PARAMETERS { \
    static auto* const theirs = Theirs(&SYMBOL, #SYMBOL);                      \
    return Ordered(LOCK, __builtin_return_address(0),                          \
                   [&] { return theirs ARGUMENTS; });                          \
  }

ORDERED(void, _ZN4absl7debian35Mutex4LockEv, lock, (Mutex * lock), (lock))
ORDERED(void, _ZN4absl7debian35Mutex6UnlockEv, lock, (Mutex * lock), (lock))
ORDERED(bool, _ZN4absl7debian35Mutex7TryLockEv, lock, (Mutex * lock), (lock))
ORDERED(void, _ZN4absl7debian35Mutex10ReaderLockEv, lock, (Mutex * lock),
        (lock))
ORDERED(void, _ZN4absl7debian35Mutex12ReaderUnlockEv, lock, (Mutex * lock),
        (lock))
ORDERED(void, _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, lock,
        (Mutex * lock, const Condition& condition), (lock, condition))
ORDERED(
    bool,
    _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE,
    lock, (Mutex * lock, const Condition& condition, Duration limit),
    (lock, condition, limit))
ORDERED(bool,
        _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE,
        lock, (Mutex * lock, const Condition& condition, Time limit),
        (lock, condition, limit))
ORDERED(void, _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, lock,
        (CondVar * changed, Mutex* lock), (changed, lock))
ORDERED(bool,
        _ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE,
        lock, (CondVar * changed, Mutex* lock, Duration limit),
        (changed, lock, limit))
ORDERED(bool, _ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE,
        lock, (CondVar * changed, Mutex* lock, Time limit),
        (changed, lock, limit))
ORDERED(void, _ZN4absl7debian312Notification6NotifyEv, done,
        (Notification * done), (done))
ORDERED(void, _ZNK4absl7debian312Notification19WaitForNotificationEv, done,
        (const Notification* done), (done))
ORDERED(
    bool,
    _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE,
    done, (const Notification* done, Duration limit), (done, limit))
// Is given the flag, which stands behind the notification's mutex.
ORDERED(bool,
        _ZN4absl7debian312Notification23HasBeenNotifiedInternalEPKSt6atomicIbE,
        flag - sizeof(Mutex), (const char* flag), (flag))
ORDERED(bool, _ZN4absl7debian315BlockingCounter14DecrementCountEv, counter,
        (BlockingCounter * counter), (counter))
ORDERED(void, _ZN4absl7debian315BlockingCounter4WaitEv, counter,
        (BlockingCounter * counter), (counter))
// The counter of those who share a status, which is a word if it is small.
ORDERED(void, _ZN4absl7debian36Status15UnrefNonInlinedEm,
        reinterpret_cast<const void*>(shared), (uintptr_t shared), (shared))
// What absl::call_once waits by while another thread makes the call.
ORDERED(
    uint32_t,
    _ZN4absl7debian313base_internal12SpinLockWaitEPSt6atomicIjEiPKNS1_22SpinLockWaitTransitionENS1_14SchedulingModeE,
    once, (const void* once, int count, const void* steps, int mode),
    (once, count, steps, mode))

// What a thread has done goes with an operation into gRPC's queues, which have
// no locks, and comes out with its end.
grpc_call_error grpc_call_start_batch(grpc_call* call,
                                      const grpc_op* operations, size_t count,
                                      void* tag, void* reserved) {
  static auto* const theirs =
      Theirs(&grpc_call_start_batch, "grpc_call_start_batch");
  __tsan_release(&all_of_grpc);
  return theirs(call, operations, count, tag, reserved);
}

grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                      gpr_timespec deadline, void* reserved) {
  static auto* const theirs =
      Theirs(&grpc_completion_queue_next, "grpc_completion_queue_next");
  const grpc_event event = theirs(queue, deadline, reserved);
  __tsan_acquire(&all_of_grpc);
  return event;
}
