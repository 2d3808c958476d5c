// Pipelines, runs and callers for the engine's tests.

#ifndef ORCHESTRATOR_ENGINE_TEST_RUNS_H_
#define ORCHESTRATOR_ENGINE_TEST_RUNS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/engine/engine.h"
#include "services/common/contract/proto_time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// A step `name` of stage `name` that writes `out`, and reads `out` of every
// step in `after`.
inline v1::PipelineStep TestStep(const std::string& name,
                                 const std::vector<std::string>& after) {
  v1::PipelineStep step;
  step.set_name(name);
  step.set_stage(name);
  for (const std::string& other : after) {
    v1::StepOutput* source =
        (*step.mutable_inputs())[absl::StrCat("from_", other)]
            .mutable_step_output();
    source->set_step(other);
    source->set_output("out");
  }
  return step;
}

// load -> train; the result `model` is what train writes.
inline v1::Pipeline ChainPipeline() {
  v1::Pipeline pipeline;
  pipeline.set_name("chain");
  pipeline.set_version(1);
  *pipeline.add_steps() = TestStep("load", {});
  *pipeline.add_steps() = TestStep("train", {"load"});
  v1::PipelineOutput* output = pipeline.add_outputs();
  output->set_name("model");
  output->mutable_source()->set_step("train");
  output->mutable_source()->set_output("out");
  return pipeline;
}

// left and right at once, then join.
inline v1::Pipeline DiamondPipeline() {
  v1::Pipeline pipeline;
  pipeline.set_name("diamond");
  pipeline.set_version(1);
  *pipeline.add_steps() = TestStep("left", {});
  *pipeline.add_steps() = TestStep("right", {});
  *pipeline.add_steps() = TestStep("join", {"left", "right"});
  return pipeline;
}

// A run of `pipeline` as the planner makes it, with an id.
inline v1::Run TestRun(const v1::Pipeline& pipeline, const std::string& id) {
  v1::Run run;
  run.set_id(id);
  run.set_state(v1::RUN_STATE_PENDING);
  run.set_pipeline_name(pipeline.name());
  run.set_volume("artifacts");
  *run.mutable_pipeline() = pipeline;
  for (const v1::PipelineStep& spec : pipeline.steps()) {
    v1::Step* step = run.add_steps();
    step->set_name(spec.name());
    step->set_stage(spec.stage());
    step->set_state(v1::STEP_STATE_PENDING);
  }
  return run;
}

// The good end of an execution that wrote `out`, after `compute`.
inline v1::ExecutionResult TestResult(const std::string& execution_id,
                                      absl::Duration compute) {
  v1::ExecutionResult result;
  v1::Artifact* artifact = result.add_outputs();
  artifact->set_name("out");
  artifact->set_uri(
      absl::StrCat("pvc://artifacts/runs/", execution_id, "/out.json"));
  artifact->set_type(v1::ARTIFACT_TYPE_REPORT);
  *result.mutable_times()->mutable_compute() = ToProtoDuration(compute);
  result.set_build_id("test-build");
  return result;
}

// What a caller of the engine was told.
using RunAnswer = std::optional<absl::StatusOr<v1::Run>>;

// A caller that keeps what it is told.
inline Engine::RunCallback Into(const std::shared_ptr<RunAnswer>& answer) {
  return [answer](absl::StatusOr<const v1::Run*> run) {
    if (run.ok()) {
      *answer = **run;
    } else {
      *answer = run.status();
    }
  };
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_TEST_RUNS_H_
