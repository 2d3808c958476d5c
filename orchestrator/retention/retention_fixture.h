// A collector over a store and a disk, with a clock that stands still.

#ifndef ORCHESTRATOR_RETENTION_RETENTION_FIXTURE_H_
#define ORCHESTRATOR_RETENTION_RETENTION_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "orchestrator/retention/garbage_collector.h"
#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/store_test_support.h"
#include "prometheus/registry.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {

class RetentionFixture : public testing::Test {
 protected:
  RetentionFixture() { Restart(disk_); }

  // As a new process over `files`.
  void Restart(std::shared_ptr<FileSystem> files) {
    metrics_ = std::make_unique<GcMetrics>(registry_);
    collector_ = std::make_unique<GarbageCollector>(
        *store_, VolumeMap{{"artifacts", std::move(files)}},
        [this](absl::string_view) { return volume_; }, clock_, *metrics_);
  }

  // A run that ended `ago`, with its folder; it has read `reads`.
  void AddEnded(const std::string& id, absl::Duration ago,
                const std::vector<std::string>& reads = {}) {
    v1::Run run = SomeRun(id, static_cast<int>(++added_));
    run.set_volume("artifacts");
    RunWrite write = Insert(run);
    write.steps[0].step = SucceededStep(run, "load");
    for (const std::string& uri : reads) {
      write.reads.push_back({uri, "train", "source"});
    }
    ASSERT_OK(CommitOne(*store_, write));
    *run.mutable_end_time() = ToTimestamp(clock_.Now() - ago);
    ASSERT_OK(CommitOne(*store_, Update(run, v1::RUN_STATE_SUCCEEDED)));
    PutFolder(id);
  }

  void PutFolder(const std::string& id) {
    disk_->PutFile(absl::StrCat("runs/", id, "/load/1/data.safetensors"),
                   std::string(1234, 'x'));
    disk_->PutFile(absl::StrCat("runs/", id, "/load/1/manifest.json"), "{}");
    disk_->PutFile(absl::StrCat("runs/", id, "/load/logs/1.log"), "12345678");
  }

  absl::StatusOr<v1::CollectGarbageResponse> Collect(
      absl::Duration max_age, int keep_last, bool dry_run = false,
      const std::string& pipeline = "") {
    v1::CollectGarbageRequest request;
    if (max_age > absl::ZeroDuration()) {
      *request.mutable_policy()->mutable_max_age() = ToProtoDuration(max_age);
    }
    request.mutable_policy()->set_keep_last(keep_last);
    request.set_dry_run(dry_run);
    request.set_pipeline(pipeline);
    return collector_->Collect(request);
  }

  // `run` or `run: reason`.
  static std::vector<std::string> Names(
      const google::protobuf::RepeatedPtrField<v1::CollectedRun>& runs) {
    std::vector<std::string> names;
    for (const v1::CollectedRun& run : runs) {
      names.push_back(run.reason().empty()
                          ? run.run_id()
                          : absl::StrCat(run.run_id(), ": ", run.reason()));
    }
    return names;
  }

  int CountFiles(const std::string& id) {
    int count = 0;
    for (const std::string& file : disk_->AllFiles()) {
      if (absl::StartsWith(file, absl::StrCat("runs/", id, "/"))) ++count;
    }
    return count;
  }
  bool FolderIsThere(const std::string& id) { return CountFiles(id) > 0; }

  bool RecordIsThere(const std::string& id) { return store_->GetRun(id).ok(); }

  int added_ = 0;
  FakeClock clock_;
  std::unique_ptr<Store> store_ = std::make_unique<MemoryStore>();
  absl::Status volume_;
  prometheus::Registry registry_;
  const std::shared_ptr<MemoryFileSystem> disk_ =
      std::make_shared<MemoryFileSystem>();
  std::unique_ptr<GcMetrics> metrics_;
  std::unique_ptr<GarbageCollector> collector_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_RETENTION_FIXTURE_H_
