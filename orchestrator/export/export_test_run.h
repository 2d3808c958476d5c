// A run of two steps that has succeeded, for the tests of what is exported.

#ifndef ORCHESTRATOR_EXPORT_EXPORT_TEST_RUN_H_
#define ORCHESTRATOR_EXPORT_EXPORT_TEST_RUN_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/contract/proto_time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

inline const absl::Time kExportStart = absl::FromUnixSeconds(1'700'000'000);
inline constexpr char kExportTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

inline v1::Artifact ExportArtifact(const std::string& step,
                                   const std::string& name) {
  v1::Artifact artifact;
  artifact.set_name(name);
  artifact.set_uri(
      absl::StrCat("pvc://artifacts/runs/r/", step, "/1/", name, ".x"));
  artifact.set_sha256(std::string(64, 'a'));
  artifact.set_size_bytes(42);
  v1::TensorInfo* tensor = artifact.add_tensors();
  tensor->set_name(name);
  tensor->set_dtype("F32");
  tensor->add_shape(100);
  tensor->add_shape(1);
  return artifact;
}

// Steps `load` and `train`, one attempt each: from second 1 to 2 and from 3 to
// 5 after kExportStart, of which 100 ms are dispatch and the rest computing.
inline v1::Run ExportTestRun() {
  v1::Run run;
  run.set_id("r");
  run.set_state(v1::RUN_STATE_SUCCEEDED);
  run.set_pipeline_name("airline");
  run.set_trace_parent(
      absl::StrCat("00-", kExportTrace, "-00f067aa0ba902b7-01"));
  *run.mutable_create_time() = ToTimestamp(kExportStart);
  *run.mutable_end_time() = ToTimestamp(kExportStart + absl::Seconds(6));
  (*run.mutable_inputs())["source"].set_uri("pvc://artifacts/data/a.csv");
  const char* names[] = {"load", "train"};
  const int starts[] = {1, 3};
  const int ends[] = {2, 5};
  for (int i = 0; i < 2; ++i) {
    v1::PipelineStep* spec = run.mutable_pipeline()->add_steps();
    spec->set_name(names[i]);
    spec->set_stage(names[i]);
    v1::Step* step = run.add_steps();
    step->set_name(names[i]);
    step->set_stage(names[i]);
    step->set_state(v1::STEP_STATE_SUCCEEDED);
    *step->mutable_ready_time() =
        ToTimestamp(kExportStart + absl::Seconds(i == 0 ? 1 : 2));
    *step->add_outputs() = ExportArtifact(names[i], "data");
    v1::Attempt* attempt = step->add_attempts();
    attempt->set_number(1);
    attempt->set_state(v1::ATTEMPT_STATE_SUCCEEDED);
    attempt->set_replica(absl::StrCat(names[i], "-0:1"));
    const absl::Time start = kExportStart + absl::Seconds(starts[i]);
    const absl::Time end = kExportStart + absl::Seconds(ends[i]);
    *attempt->mutable_start_time() = ToTimestamp(start);
    *attempt->mutable_end_time() = ToTimestamp(end);
    *attempt->mutable_dispatch() = ToProtoDuration(absl::Milliseconds(100));
    *attempt->mutable_times()->mutable_compute() =
        ToProtoDuration(end - start - absl::Milliseconds(100));
  }
  v1::Pipeline& pipeline = *run.mutable_pipeline();
  (*pipeline.mutable_steps(0)->mutable_inputs())["source"].set_pipeline_input(
      "source");
  v1::StepOutput* output =
      (*pipeline.mutable_steps(1)->mutable_inputs())["X"].mutable_step_output();
  output->set_step("load");
  output->set_output("data");
  return run;
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_EXPORT_TEST_RUN_H_
