#include "orchestrator/store/wal_gathering.h"

#include <cstddef>
#include <new>
#include <string>

#include "sqlite3.h"

namespace stagecoach {
namespace {

constexpr char kName[] = "wal-gathering";
// What SQLite itself may write at once at most, with the largest pages: its
// files take no more than 17 bits of a length.
constexpr size_t kMostBytes = 1 << 16;

// The layer below; constant once the layer is registered.
sqlite3_vfs* below = nullptr;

// Lies behind an open log in the memory that SQLite has for a file. The file
// itself is that of the layer below, but for its methods.
struct Log {
  const sqlite3_io_methods* below;
  sqlite3_io_methods methods;
  sqlite3_int64 offset;  // of `bytes`
  std::string bytes;     // not yet written
};

int LogOffset() {
  constexpr int kAlignment = alignof(Log);
  return (below->szOsFile + kAlignment - 1) / kAlignment * kAlignment;
}

Log& LogOf(sqlite3_file* file) {
  return *reinterpret_cast<Log*>(reinterpret_cast<char*>(file) + LogOffset());
}

int Flush(sqlite3_file* file) {
  Log& log = LogOf(file);
  if (log.bytes.empty()) return SQLITE_OK;
  const int code = log.below->xWrite(
      file, log.bytes.data(), static_cast<int>(log.bytes.size()), log.offset);
  log.bytes.clear();
  return code;
}

int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) {
  Log& log = LogOf(file);
  const bool follows =
      offset == log.offset + static_cast<sqlite3_int64>(log.bytes.size());
  if (!follows || log.bytes.size() + size > kMostBytes) {
    if (const int code = Flush(file)) return code;
  }
  if (log.bytes.empty()) log.offset = offset;
  log.bytes.append(static_cast<const char*>(data), size);
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  if (const int code = Flush(file)) return code;
  return LogOf(file).below->xRead(file, data, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = Flush(file)) return code;
  return LogOf(file).below->xTruncate(file, size);
}

int Sync(sqlite3_file* file, int flags) {
  if (const int code = Flush(file)) return code;
  return LogOf(file).below->xSync(file, flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = Flush(file)) return code;
  return LogOf(file).below->xFileSize(file, size);
}

int Close(sqlite3_file* file) {
  const int flushed = Flush(file);
  const int closed = LogOf(file).below->xClose(file);
  LogOf(file).~Log();
  return flushed != SQLITE_OK ? flushed : closed;
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
         int* out_flags) {
  const int code = below->xOpen(below, name, file, flags, out_flags);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
  Log* const log =
      new (&LogOf(file)) Log{file->pMethods, *file->pMethods, 0, ""};
  // Version 2 has no reads of mapped memory, which nobody would flush for.
  log->methods.iVersion = 2;
  log->methods.xClose = Close;
  log->methods.xRead = Read;
  log->methods.xWrite = Write;
  log->methods.xTruncate = Truncate;
  log->methods.xSync = Sync;
  log->methods.xFileSize = FileSize;
  file->pMethods = &log->methods;
  return SQLITE_OK;
}

void Register() {
  below = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *below;
  vfs.zName = kName;
  vfs.szOsFile = LogOffset() + static_cast<int>(sizeof(Log));
  vfs.xOpen = Open;
  vfs.pNext = nullptr;
  sqlite3_vfs_register(&vfs, /*makeDflt=*/0);
}

}  // namespace

const char* WalGatheringVfs() {
  static const bool registered = (Register(), true);
  static_cast<void>(registered);
  return kName;
}

}  // namespace stagecoach
