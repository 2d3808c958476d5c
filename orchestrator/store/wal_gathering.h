// A layer between SQLite and the file system that makes one write of the many
// small ones by which a commit reaches the write-ahead log.
//
// SQLite writes a frame of the log, which is one page of the database, by two
// calls, and a commit has a dozen frames. What follows on what was written
// before is gathered here, and written when the log is synced, read, cut,
// measured or closed, or 64 KiB have come together.
//
// Only for a connection with `synchronous = FULL`: there each commit syncs the
// log before others are told of it, so that nobody looks for a frame that is
// not in the file yet. A write that fails shows as a failed sync, upon which
// SQLite takes the transaction back.

#ifndef ORCHESTRATOR_STORE_WAL_GATHERING_H_
#define ORCHESTRATOR_STORE_WAL_GATHERING_H_

namespace stagecoach {

// The name of the layer, for sqlite3_open_v2; it lies over the VFS that is the
// default at the first call.
//
// Threads: any.
const char* WalGatheringVfs();

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_WAL_GATHERING_H_
