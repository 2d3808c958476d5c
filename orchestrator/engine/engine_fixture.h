// An engine with a fake fleet, a store in memory and a clock that stands
// still; the test moves each of them.

#ifndef ORCHESTRATOR_ENGINE_ENGINE_FIXTURE_H_
#define ORCHESTRATOR_ENGINE_ENGINE_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "orchestrator/cache/fake_result_cache.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/test_runs.h"
#include "orchestrator/fleet/fake_fleet.h"
#include "orchestrator/store/memory_store.h"
#include "prometheus/registry.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {

class EngineFixture : public testing::Test {
 protected:
  EngineFixture() {
    for (const char* stage : {"load", "train", "left", "right", "join"}) {
      AddStage(*fleet_, stage);
      fleet_->AddReplica(stage, std::string(stage) + "-0:1", /*slots=*/1);
    }
    StartEngine();
  }

  static void AddStage(FakeFleet& fleet, const std::string& name) {
    v1::StageDescription description;
    description.set_name(name);
    fleet.AddStage(description);
  }

  void StartEngine() {
    metrics_ = std::make_unique<EngineMetrics>(registry_);
    engine_ = std::make_unique<Engine>(store_, *fleet_, cache_, clock_,
                                       *metrics_, [] { return 0.5; });
  }

  // As after kill -9: engine and calls are gone, store and stages are not.
  void CrashAndRecover() {
    engine_->Stop();
    fleet_->Shutdown();
    engine_ = nullptr;  // calls that end call it
    fleet_ = std::make_unique<FakeFleet>(clock_);
    for (const char* stage : {"load", "train", "left", "right", "join"}) {
      AddStage(*fleet_, stage);
      fleet_->AddReplica(stage, std::string(stage) + "-0:1", /*slots=*/1);
    }
    StartEngine();
    ASSERT_OK(engine_->Recover());
    Settle();
  }

  // Lets everything happen that can happen now.
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      engine_->RunUntilIdleForTest();
      fleet_->Deliver();
    }
    engine_->RunUntilIdleForTest();
  }

  RunAnswer Submit(v1::Run run, const std::string& digest = "digest") {
    auto answer = std::make_shared<RunAnswer>();
    engine_->Submit(std::move(run), digest, Into(answer));
    Settle();
    return *answer;
  }

  RunAnswer Cancel(const std::string& run_id) {
    auto answer = std::make_shared<RunAnswer>();
    engine_->CancelRun(run_id, "", Into(answer));
    Settle();
    return *answer;
  }

  RunAnswer Pause(const std::string& run_id) {
    auto answer = std::make_shared<RunAnswer>();
    engine_->PauseRun(run_id, Into(answer));
    Settle();
    return *answer;
  }

  RunAnswer Resume(const std::string& run_id) {
    auto answer = std::make_shared<RunAnswer>();
    engine_->ResumeRun(run_id, Into(answer));
    Settle();
    return *answer;
  }

  void Succeed(const std::string& execution_id) {
    ASSERT_TRUE(fleet_->Finish(execution_id,
                               TestResult(execution_id, absl::Milliseconds(5))))
        << execution_id << " is not running";
    Settle();
  }

  void Fail(const std::string& execution_id, const absl::Status& status) {
    ASSERT_TRUE(fleet_->Finish(execution_id, status))
        << execution_id << " is not running";
    Settle();
  }

  // The run as the store has it.
  v1::Run Stored(const std::string& run_id) {
    absl::StatusOr<v1::Run> run = store_.GetRun(run_id);
    EXPECT_OK(run);
    return run.ok() ? *std::move(run) : v1::Run();
  }

  std::vector<std::string> AttemptStates(const std::string& run_id, int step) {
    std::vector<std::string> states;
    const v1::Run run = Stored(run_id);
    for (const v1::Attempt& attempt : run.steps(step).attempts()) {
      states.push_back(v1::AttemptState_Name(attempt.state()));
    }
    return states;
  }

  FakeClock clock_;
  MemoryStore store_{clock_};
  std::unique_ptr<FakeFleet> fleet_ = std::make_unique<FakeFleet>(clock_);
  FakeResultCache cache_;
  prometheus::Registry registry_;
  std::unique_ptr<EngineMetrics> metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_ENGINE_FIXTURE_H_
