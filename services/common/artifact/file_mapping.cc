#include "services/common/artifact/file_mapping.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr int kSlots = 4096;

// What SIGBUS did before.
struct sigaction g_previous;

}  // namespace

// Read by the handler without a lock: `begin` is set last and cleared first.
struct MappingSlot {
  std::atomic<bool> taken = false;
  std::atomic<bool> torn = false;
  std::atomic<uintptr_t> begin = 0;
  std::atomic<uintptr_t> end = 0;
};

namespace {

MappingSlot g_slots[kSlots];
static_assert(std::atomic<uintptr_t>::is_always_lock_free,
              "a signal handler may use them");

MappingSlot* FindSlot(uintptr_t address) {
  for (MappingSlot& slot : g_slots) {
    const uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin) continue;
    if (address < slot.end.load(std::memory_order_relaxed)) return &slot;
  }
  return nullptr;
}

// Puts zeros from the page of `address` to the end of the mapping: what comes
// after a page that is gone is gone as well.
bool CoverRest(const MappingSlot& slot, uintptr_t address) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = address / page * page;
  const uintptr_t end = slot.end.load(std::memory_order_relaxed);
  return mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ,
              MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1,
              /*offset=*/0) != MAP_FAILED;
}

void OnBusError(int signal, siginfo_t* info, void* /*context*/) {
  const int saved_errno = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  MappingSlot* slot = info->si_code > 0 ? FindSlot(address) : nullptr;
  if (slot != nullptr && CoverRest(*slot, address)) {
    slot->torn.store(true, std::memory_order_release);
  } else {
    // Not ours: it comes again, and ends the process as it would have.
    sigaction(SIGBUS, &g_previous, nullptr);
    if (info->si_code <= 0) raise(signal);
  }
  errno = saved_errno;
}

bool InstallHandler() {
  struct sigaction action = {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, &g_previous) == 0;
}

MappingSlot* TakeSlot() {
  for (MappingSlot& slot : g_slots) {
    if (slot.taken.load(std::memory_order_relaxed)) continue;
    if (!slot.taken.exchange(true, std::memory_order_acquire)) return &slot;
  }
  return nullptr;
}

void LeaveSlot(MappingSlot& slot) {
  slot.begin.store(0, std::memory_order_release);
  slot.torn.store(false, std::memory_order_relaxed);
  slot.taken.store(false, std::memory_order_release);
}

}  // namespace

std::shared_ptr<const FileMapping> FileMapping::Map(int fd, size_t size) {
  static const bool installed = InstallHandler();
  MappingSlot* slot = installed ? TakeSlot() : nullptr;
  if (slot == nullptr) return nullptr;
  void* begin = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, /*offset=*/0);
  if (begin == MAP_FAILED) {
    LeaveSlot(*slot);
    return nullptr;
  }
  const auto address = reinterpret_cast<uintptr_t>(begin);
  slot->end.store(address + size, std::memory_order_relaxed);
  slot->begin.store(address, std::memory_order_release);
  return std::shared_ptr<const FileMapping>(new FileMapping(begin, size, slot));
}

FileMapping::~FileMapping() {
  // Before the addresses can belong to another one.
  LeaveSlot(*slot_);
  munmap(begin_, size_);
}

absl::string_view FileMapping::bytes() const {
  return absl::string_view(static_cast<const char*>(begin_), size_);
}

absl::Status CheckWhole(absl::string_view uri, absl::string_view bytes) {
  const MappingSlot* slot = FindSlot(reinterpret_cast<uintptr_t>(bytes.data()));
  if (slot == nullptr || !slot->torn.load(std::memory_order_acquire)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      uri,
      " was damaged while it was read: the file was shortened, or the "
      "volume could not read it"));
}

}  // namespace stagecoach
