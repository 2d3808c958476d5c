// A run of the reference pipeline as tests need it.

#ifndef ORCHESTRATOR_CLI_TESTING_SAMPLE_RUN_H_
#define ORCHESTRATOR_CLI_TESTING_SAMPLE_RUN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// When the sample run was created: 2023-11-14 22:13:20 UTC, as a FakeClock
// begins.
absl::Time SampleStart();

// The airline pipeline: load, prepare, train, forecast; parameters `epochs`
// (INTEGER, 100, 1..) and `proportion` (NUMBER, 0.7, within (0, 1)); an
// input `source` with a default.
v1::Pipeline SamplePipeline();

// `airline-abc`, PENDING, with four PENDING steps.
v1::Run SampleRun();

// The events of a run that succeeds: load in 12 ms, prepare in 8 ms, train in
// 300 ms with two progress reports, forecast in 5 ms. Cursors from 1.
std::vector<v1::RunEvent> SampleEvents();

// The run after all of them, with outputs and times, as GetRun has it.
v1::Run SampleSucceededRun();

// The run with `train` failed for good at its second attempt.
v1::Run SampleFailedRun();

// A safetensors file of one F32 tensor.
std::string SampleTensorFile(absl::string_view name,
                             const std::vector<int64_t>& shape,
                             const std::vector<float>& values);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TESTING_SAMPLE_RUN_H_
