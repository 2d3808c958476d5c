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

// A new run of four steps that wait.
RunWrite NewRun(int64_t number) {
  RunWrite write;
  write.insert = true;
  v1::Run& run = write.run;
  run.set_id(absl::StrCat("noop-", number));
  run.set_state(v1::RUN_STATE_RUNNING);
  run.set_pipeline_name("noop");
  run.mutable_pipeline()->set_name("noop");
  run.mutable_pipeline()->set_version(1);
  run.mutable_pipeline()->set_digest(std::string(64, 'a'));
  run.mutable_create_time()->set_seconds(1'700'000'000 + number);
  for (int i = 0; i < 4; ++i) {
    v1::Step step;
    step.set_name(absl::StrCat("step-", i));
    step.set_stage("noop");
    step.set_state(v1::STEP_STATE_RUNNING);
    step.add_attempts()->set_replica("127.0.0.1:50051");
    write.steps.push_back({i, step});
    v1::RunEvent event;
    event.mutable_step()->set_step(step.name());
    event.mutable_step()->set_state(step.state());
    write.events.push_back(event);
  }
  return write;
}

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
      writes.push_back(NewRun(++number));
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
