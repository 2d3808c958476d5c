// What one commit to the store costs, of one run or of many at once.
//
// STAGECOACH_BENCH_FOLDER: where the store is.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/sqlite_store.h"
#include "orchestrator/store/wal_gathering.h"
#include "sqlite3.h"
#include "tests/bench/runs/run_rows.h"

namespace stagecoach {
namespace {

// A folder that is gone when the bench ends.
class Folder {
 public:
  Folder() {
    const char* const base = std::getenv("STAGECOACH_BENCH_FOLDER");
    path_ = absl::StrCat(base == nullptr ? "." : base, "/commit-XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Puts the VFS below under the name of the layer that gathers what is written
// to the log, and so switches gathering off.
class WithoutGathering {
 public:
  WithoutGathering() : vfs_(*sqlite3_vfs_find(nullptr)) {
    vfs_.zName = WalGatheringVfs();
    sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
  }
  ~WithoutGathering() { sqlite3_vfs_unregister(&vfs_); }

 private:
  sqlite3_vfs vfs_;
};

void BM_Commit(benchmark::State& state) {
  const Folder folder;
  const auto store = SqliteStore::Open({.path = folder.path() + "/state.db"});
  if (!store.ok()) return state.SkipWithError("the store cannot be opened");
  int64_t number = 0;
  for (auto _ : state) {
    std::vector<RunWrite> writes;
    for (int64_t i = 0; i < state.range(0); ++i) {
      writes.push_back(BeginOfRun(++number));
    }
    for (const absl::Status& status : (*store)->Commit(writes)) {
      if (!status.ok()) return state.SkipWithError("it was not written");
    }
  }
  state.SetItemsProcessed(number);
}

void BM_CommitByPage(benchmark::State& state) {
  const WithoutGathering off;
  BM_Commit(state);
}

BENCHMARK(BM_Commit)->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(BM_CommitByPage)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace stagecoach

BENCHMARK_MAIN();
