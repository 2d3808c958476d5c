#include "orchestrator/cli/testing/sample_run.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/testing/text_proto.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// Builds the events of the sample run, each `after` its creation.
class EventList {
 public:
  void Run(absl::Duration after, v1::RunState state) {
    Add(after).mutable_run()->set_state(state);
  }

  v1::StepStateChange& Step(absl::Duration after, const std::string& step,
                            v1::StepState state) {
    v1::StepStateChange& change = *Add(after).mutable_step();
    change.set_step(step);
    change.set_state(state);
    return change;
  }

  void Progress(absl::Duration after, const std::string& text) {
    v1::RunEvent event;
    *event.mutable_time() = ToTimestamp(SampleStart() + after);
    *event.mutable_progress() = FromText<v1::AttemptProgress>(text);
    events_.push_back(std::move(event));
  }

  std::vector<v1::RunEvent> Take() { return std::move(events_); }

 private:
  v1::RunEvent& Add(absl::Duration after) {
    v1::RunEvent event;
    event.set_cursor(++cursor_);
    *event.mutable_time() = ToTimestamp(SampleStart() + after);
    events_.push_back(std::move(event));
    return events_.back();
  }

  int64_t cursor_ = 0;
  std::vector<v1::RunEvent> events_;
};

v1::Artifact SampleArtifact(const std::string& step, const std::string& name,
                            const std::string& extension) {
  v1::Artifact artifact;
  artifact.set_name(name);
  artifact.set_uri(absl::StrCat("pvc://artifacts/runs/airline-abc/", step,
                                "/1/", name, extension));
  artifact.set_size_bytes(1234);
  artifact.set_sha256(std::string(64, 'a'));
  return artifact;
}

v1::Artifact SampleTensor(const std::string& step, const std::string& name,
                          const std::vector<int64_t>& shape) {
  v1::Artifact artifact = SampleArtifact(step, name, ".safetensors");
  artifact.set_type(v1::ARTIFACT_TYPE_TENSOR);
  v1::TensorInfo& tensor = *artifact.add_tensors();
  tensor.set_name(name);
  tensor.set_dtype("F32");
  tensor.mutable_shape()->Add(shape.begin(), shape.end());
  return artifact;
}

std::vector<v1::Artifact> OutputsOf(const std::string& step) {
  if (step == "load") {
    return {SampleTensor(step, "train", {100, 1}),
            SampleTensor(step, "forecast", {4, 1})};
  }
  if (step == "prepare") return {SampleTensor(step, "X_train", {96, 4, 1})};
  if (step == "forecast") return {SampleTensor(step, "y_forecast", {1, 1})};
  v1::Artifact history = SampleArtifact(step, "history", ".json");
  history.set_type(v1::ARTIFACT_TYPE_REPORT);
  return {history};
}

void AddStep(EventList& events, const std::string& step, absl::Duration start,
             absl::Duration time) {
  events.Step(start, step, v1::STEP_STATE_QUEUED);
  v1::Attempt attempt;
  attempt.set_number(1);
  attempt.set_state(v1::ATTEMPT_STATE_RUNNING);
  attempt.set_replica("127.0.0.1:4000");
  *attempt.mutable_start_time() = ToTimestamp(SampleStart() + start);
  *events.Step(start, step, v1::STEP_STATE_RUNNING).mutable_attempt() = attempt;
  if (step == "train") {
    events.Progress(start + time / 3, R"pb(
      step: "train"
      attempt: 1
      progress {
        fraction: 0.1
        units_done: 10
        units_total: 100
        unit: "epoch"
        metrics { key: "loss" value: 34211.4 }
        metrics { key: "rmse_train" value: 210.12 }
        metrics { key: "rmse_test" value: 401.25 }
      })pb");
    events.Progress(start + time / 2, R"pb(
      step: "train"
      attempt: 1
      progress {
        fraction: 0.5
        units_done: 50
        units_total: 100
        unit: "epoch"
        metrics { key: "loss" value: 33000 }
        metrics { key: "rmse_train" value: 210.12 }
        metrics { key: "rmse_test" value: 401.25 }
      })pb");
  }
  attempt.set_state(v1::ATTEMPT_STATE_SUCCEEDED);
  *attempt.mutable_end_time() = ToTimestamp(SampleStart() + start + time);
  v1::StepStateChange& end =
      events.Step(start + time, step, v1::STEP_STATE_SUCCEEDED);
  *end.mutable_attempt() = attempt;
  for (v1::Artifact& output : OutputsOf(step)) {
    *end.add_outputs() = std::move(output);
  }
}

v1::Run Applied(const std::vector<v1::RunEvent>& events) {
  v1::Run run = SampleRun();
  for (const v1::RunEvent& event : events) ApplyEvent(event, run);
  return run;
}

}  // namespace

absl::Time SampleStart() { return absl::FromUnixSeconds(1'700'000'000); }

v1::Pipeline SamplePipeline() {
  return FromText<v1::Pipeline>(R"pb(
    name: "airline"
    version: 3
    documentation: "Forecasts airline passengers.\nThe reference."
    parameters {
      name: "epochs"
      type: PARAMETER_TYPE_INTEGER
      default_value { integer_value: 100 }
      minimum: 1
      documentation: "passes over the data"
    }
    parameters {
      name: "proportion"
      type: PARAMETER_TYPE_NUMBER
      default_value { number_value: 0.7 }
      minimum: 0
      minimum_excluded: true
      maximum: 1
      maximum_excluded: true
      documentation: "part used for training"
    }
    inputs {
      name: "source"
      type: ARTIFACT_TYPE_TABLE
      default_uri: "pvc://artifacts/data/airline-passengers.csv"
    }
    steps {
      name: "load"
      stage: "load"
      inputs {
        key: "source"
        value { pipeline_input: "source" }
      }
      parameters {
        key: "proportion"
        value { parameter: "proportion" }
      }
    }
    steps {
      name: "train"
      stage: "train"
      inputs {
        key: "X_train"
        value { step_output { step: "load" output: "train" } }
      }
    }
    outputs {
      name: "y_forecast"
      source { step: "train" output: "weights" }
    }
  )pb");
}

v1::Run SampleRun() {
  v1::Run run;
  run.set_id("airline-abc");
  run.set_state(v1::RUN_STATE_PENDING);
  run.set_pipeline_name("airline");
  *run.mutable_pipeline() = SamplePipeline();
  *run.mutable_create_time() = ToTimestamp(SampleStart());
  for (const char* name : {"load", "prepare", "train", "forecast"}) {
    v1::Step& step = *run.add_steps();
    step.set_name(name);
    step.set_stage(name);
    step.set_state(v1::STEP_STATE_PENDING);
  }
  return run;
}

std::vector<v1::RunEvent> SampleEvents() {
  EventList events;
  events.Run(absl::Milliseconds(1), v1::RUN_STATE_RUNNING);
  AddStep(events, "load", absl::Milliseconds(1), absl::Milliseconds(12));
  AddStep(events, "prepare", absl::Milliseconds(14), absl::Milliseconds(8));
  AddStep(events, "train", absl::Milliseconds(23), absl::Milliseconds(300));
  AddStep(events, "forecast", absl::Milliseconds(324), absl::Milliseconds(5));
  events.Run(absl::Milliseconds(330), v1::RUN_STATE_SUCCEEDED);
  return events.Take();
}

v1::Run SampleSucceededRun() {
  v1::Run run = Applied(SampleEvents());
  for (v1::Step& step : *run.mutable_steps()) step.clear_progress();
  (*run.mutable_outputs())["y_forecast"] =
      run.steps(run.steps_size() - 1).outputs(0);
  *run.mutable_times() = FromText<v1::RunTimes>(R"pb(
    wall { nanos: 330000000 }
    queue { nanos: 1000000 }
    dispatch { nanos: 4000000 }
    read { nanos: 5000000 }
    compute { nanos: 300000000 }
    write { nanos: 15000000 }
    commit { nanos: 5000000 }
  )pb");
  return run;
}

v1::Run SampleFailedRun() {
  v1::Run run = SampleSucceededRun();
  run.set_state(v1::RUN_STATE_FAILED);
  run.clear_outputs();
  run.mutable_steps(3)->clear_attempts();
  run.mutable_steps(3)->clear_outputs();
  run.mutable_steps(3)->set_state(v1::STEP_STATE_SKIPPED);
  v1::Step& train = *run.mutable_steps(2);
  train = FromText<v1::Step>(R"pb(
    name: "train"
    stage: "train"
    state: STEP_STATE_FAILED
    attempts {
      number: 1
      state: ATTEMPT_STATE_LOST
      replica: "10.0.0.7:50051"
      error { code: ERROR_CODE_UNAVAILABLE message: "replica lost" }
    }
    attempts {
      number: 2
      state: ATTEMPT_STATE_FAILED
      replica: "10.0.0.8:50051"
      error {
        code: ERROR_CODE_OUT_OF_RANGE
        message: "loss is not finite at epoch 7"
      }
    }
    error {
      code: ERROR_CODE_OUT_OF_RANGE
      message: "loss is not finite at epoch 7"
    }
  )pb");
  *run.mutable_error() = train.error();
  return run;
}

std::string SampleTensorFile(absl::string_view name,
                             const std::vector<int64_t>& shape,
                             const std::vector<float>& values) {
  TensorView tensor;
  tensor.name = std::string(name);
  tensor.shape = shape;
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
  const absl::StatusOr<std::string> file = SafetensorsHeader({tensor}, {});
  return absl::StrCat(file.value(), tensor.bytes);
}

}  // namespace stagecoach
