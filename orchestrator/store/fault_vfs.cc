#include "orchestrator/store/fault_vfs.h"

#include <cstring>
#include <new>

#include "sqlite3.h"

namespace stagecoach {
namespace {

sqlite3_vfs* real_vfs = nullptr;
FaultVfs* fault_vfs = nullptr;

// What SQLite sees of an open file; the real file lies behind it in memory.
struct FaultFile {
  sqlite3_file base;
  sqlite3_file* real;
  std::string* name;
};

sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<FaultFile*>(file)->real;
}
const std::string& Name(sqlite3_file* file) {
  return *reinterpret_cast<FaultFile*>(file)->name;
}

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  delete reinterpret_cast<FaultFile*>(file)->name;
  return code;
}
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}
int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) {
  if (const int code = fault_vfs->OnChange(Name(file))) return code;
  return Real(file)->pMethods->xWrite(Real(file), data, size, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = fault_vfs->OnChange(Name(file))) return code;
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
// The real disk is not waited for: what it has is known here.
int Sync(sqlite3_file* file, int) { return fault_vfs->OnSync(Name(file)); }
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend,
           void volatile** address) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, address);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2 has shared memory but no mapped reads, which could not be faulted.
const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReservedLock,
                                     FileControl,
                                     SectorSize,
                                     DeviceCharacteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
         int* out_flags) {
  FaultFile* const fault_file = reinterpret_cast<FaultFile*>(file);
  fault_file->base.pMethods = nullptr;  // not to be closed unless it opens
  fault_file->real = reinterpret_cast<sqlite3_file*>(fault_file + 1);
  const int code =
      real_vfs->xOpen(real_vfs, name, fault_file->real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  fault_file->name = new std::string(name == nullptr ? "" : name);
  fault_file->base.pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

FaultVfs& FaultVfs::Install() {
  if (fault_vfs != nullptr) return *fault_vfs;
  fault_vfs = new FaultVfs;
  real_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *real_vfs;
  vfs.zName = "fault";
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + real_vfs->szOsFile;
  vfs.xOpen = Open;
  vfs.pNext = nullptr;
  sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
  return *fault_vfs;
}

void FaultVfs::FailCall(int nth, int code, Fault fault) {
  absl::MutexLock lock(&mutex_);
  calls_left_ = nth;
  code_ = code;
  fault_ = fault;
  failed_ = false;
}

bool FaultVfs::Heal() {
  absl::MutexLock lock(&mutex_);
  calls_left_ = 0;
  return failed_;
}

std::set<std::string> FaultVfs::UnsyncedFiles() {
  absl::MutexLock lock(&mutex_);
  return unsynced_;
}

int FaultVfs::NextCallLocked() {
  if (calls_left_ == 0) return 0;
  if (calls_left_ > 1) {
    --calls_left_;
    return 0;
  }
  failed_ = true;
  if (fault_ == Fault::kOnce) calls_left_ = 0;
  return code_;
}

int FaultVfs::OnChange(const std::string& file) {
  absl::MutexLock lock(&mutex_);
  if (const int code = NextCallLocked()) return code;
  unsynced_.insert(file);
  return 0;
}

int FaultVfs::OnSync(const std::string& file) {
  absl::MutexLock lock(&mutex_);
  if (const int code = NextCallLocked()) return code;
  unsynced_.erase(file);
  return 0;
}

}  // namespace stagecoach
