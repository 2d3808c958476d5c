// Makes a run out of a pipeline and a request, and the request of a step out
// of a run. Pure: no I/O, no clock.

#ifndef ORCHESTRATOR_PIPELINE_PLAN_H_
#define ORCHESTRATOR_PIPELINE_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/map.h"
#include "orchestrator/pipeline/validate.h"
#include "stagecoach/v1/orchestrator.pb.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

using ParameterValues = google::protobuf::Map<std::string, v1::ParameterValue>;
using Artifacts = google::protobuf::Map<std::string, v1::Artifact>;

// The run that `request` asks for of `pipeline`: PENDING, with every parameter
// and input filled in, every step PENDING, and without id, times and lease.
// `volume` is left as the request has it.
//
// INVALID_ARGUMENT, OUT_OF_RANGE: a parameter, an input, the priority or the
// cache mode of the request, named with what is allowed, by the pipeline or by
// the stage that it is handed on to. NOT_FOUND, UNAVAILABLE: as `lookup` says
// of a stage.
absl::StatusOr<v1::Run> PlanRun(const v1::RunRequest& request,
                                const v1::Pipeline& pipeline,
                                StageLookup lookup);

// The steps that each step needs the outputs of, by position, ascending. Every
// one stands before the step itself.
std::vector<std::vector<int>> Dependencies(const v1::Pipeline& pipeline);

// The parameters that step number `step` of `run` gives to its stage.
ParameterValues StepParameters(const v1::Run& run, int step);

// The artifacts that step number `step` of `run` reads, by input name. Steps
// that it depends on must have succeeded. FAILED_PRECONDITION: one of them has
// ended without an output that this step needs.
absl::StatusOr<Artifacts> StepInputs(const v1::Run& run, int step);

// The results of `run`, all of whose steps have succeeded, by name.
// FAILED_PRECONDITION: a step has ended without an output that is a result.
absl::StatusOr<Artifacts> RunOutputs(const v1::Run& run);

// Equal for requests that ask for the same; the idempotency key is left out.
// 64 lower-case hexadecimal digits.
std::string RequestDigest(const v1::RunRequest& request);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PLAN_H_
