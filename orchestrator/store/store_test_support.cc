#include "orchestrator/store/store_test_support.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/open_store.h"
#include "orchestrator/store/postgres_server.h"

namespace stagecoach {
namespace {

constexpr int64_t kSomeInstant = 1'700'000'000;

// Directories that are gone when the process ends.
class TestDirectories {
 public:
  TestDirectories()
      : base_(std::filesystem::canonical(testing::TempDir()) /
              absl::StrCat("stagecoach-store-", getpid())) {}
  ~TestDirectories() {
    std::error_code ignored;
    std::filesystem::remove_all(base_, ignored);
  }

  std::string New() {
    const std::filesystem::path path = base_ / absl::StrCat(++count_);
    std::filesystem::create_directories(path);
    return path.string();
  }

 private:
  const std::filesystem::path base_;
  std::atomic<int> count_ = 0;
};

}  // namespace

std::vector<StoreKind> AllStoreKinds() {
  return {
      {"Memory",
       [](const std::string&) { return std::make_unique<MemoryStore>(); }},
      {"Sqlite",
       [](const std::string& directory) {
         absl::StatusOr<std::unique_ptr<Store>> store =
             OpenStore(absl::StrCat("sqlite:", directory, "/store.db"));
         EXPECT_TRUE(store.ok()) << store.status();
         return *std::move(store);
       }},
      {"Postgres",
       [](const std::string&) {
         const auto url = PostgresServer::Shared().EmptiedDatabase();
         EXPECT_TRUE(url.ok()) << url.status();
         absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(*url);
         EXPECT_TRUE(store.ok()) << store.status();
         return *std::move(store);
       }},
  };
}

std::string NewTestDirectory() {
  static TestDirectories directories;
  return directories.New();
}

v1::Run SomeRun(absl::string_view id, int seconds) {
  v1::Run run;
  run.set_id(std::string(id));
  run.set_state(v1::RUN_STATE_PENDING);
  run.set_pipeline_name("airline");
  run.mutable_pipeline()->set_name("airline");
  run.mutable_pipeline()->set_version(1);
  run.mutable_pipeline()->set_digest(std::string(64, 'a'));
  run.mutable_create_time()->set_seconds(kSomeInstant + seconds);
  for (const char* name : {"load", "train"}) {
    v1::PipelineStep& planned = *run.mutable_pipeline()->add_steps();
    planned.set_name(name);
    planned.set_stage(name);
    v1::Step& step = *run.add_steps();
    step.set_name(name);
    step.set_stage(name);
    step.set_state(v1::STEP_STATE_PENDING);
  }
  return run;
}

std::string OutputUri(absl::string_view run_id, absl::string_view step) {
  return absl::StrCat("pvc://artifacts/runs/", run_id, "/", step,
                      "/1/data.safetensors");
}

v1::Step SucceededStep(const v1::Run& run, absl::string_view name) {
  v1::Step step;
  step.set_name(std::string(name));
  step.set_stage(std::string(name));
  step.set_state(v1::STEP_STATE_SUCCEEDED);
  v1::Attempt& attempt = *step.add_attempts();
  attempt.set_number(1);
  attempt.set_state(v1::ATTEMPT_STATE_SUCCEEDED);
  v1::Artifact& output = *step.add_outputs();
  output.set_name("data");
  output.set_type(v1::ARTIFACT_TYPE_TENSOR);
  output.set_uri(OutputUri(run.id(), name));
  output.set_sha256(std::string(64, 'b'));
  output.set_size_bytes(1234);
  return step;
}

v1::RunEvent SomeEvent(v1::RunState state) {
  v1::RunEvent event;
  event.mutable_time()->set_seconds(kSomeInstant);
  event.mutable_run()->set_state(state);
  return event;
}

RunWrite Insert(const v1::Run& run) {
  RunWrite write;
  write.insert = true;
  write.run = run;
  write.request_digest = absl::StrCat("digest of ", run.id());
  for (int i = 0; i < run.steps_size(); ++i) {
    write.steps.push_back({i, run.steps(i)});
  }
  write.events.push_back(SomeEvent(run.state()));
  return write;
}

RunWrite Update(const v1::Run& run, v1::RunState state) {
  RunWrite write;
  write.run = run;
  write.run.clear_steps();
  write.run.set_state(state);
  write.events.push_back(SomeEvent(state));
  return write;
}

RunWrite UpdateStep(const v1::Run& run, int index, const v1::Step& step) {
  RunWrite write;
  write.run = run;
  write.steps.push_back({index, step});
  return write;
}

absl::Status CommitOne(RunStore& store, const RunWrite& write) {
  return store.Commit({write}).at(0);
}

}  // namespace stagecoach
