#include "services/common/stagekit/execution_runner.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/stagekit/artifact_context.h"

namespace stagecoach {
namespace {

Manifest MakeManifest(const v1::StageDescription& description,
                      const CheckedRequest& request, absl::Time started,
                      absl::Time finished, v1::ExecutionResult result) {
  Manifest manifest;
  manifest.execution_id = FormatExecutionId(request.id);
  manifest.stage = description.name();
  manifest.stage_version = description.version();
  manifest.parameters = request.parameters;
  manifest.inputs = request.inputs;
  manifest.result = std::move(result);
  manifest.started = started;
  manifest.finished = finished;
  return manifest;
}

}  // namespace

ExecutionEnd ExecutionRunner::Run(const CheckedRequest& request,
                                  PhaseClock& phases, Execution& execution) {
  // A stage without outputs has nothing to publish, and leaves nothing.
  if (description_.outputs().empty()) {
    return RunAndPublish(request, /*staging=*/nullptr, phases, execution);
  }
  phases.Enter(Phase::kWrite);
  auto staging = store_.BeginAttempt(request.output_prefix);
  if (!staging.ok()) {
    return PublishedOr(request, WithContext(staging.status(), "output_prefix"));
  }
  return RunAndPublish(request, staging->get(), phases, execution);
}

ExecutionEnd ExecutionRunner::RunAndPublish(const CheckedRequest& request,
                                            ArtifactStaging* staging,
                                            PhaseClock& phases,
                                            Execution& execution) {
  const absl::Time started = clock_.Now();
  ArtifactContext context(description_, request, store_, staging, phases,
                          execution);
  phases.Enter(Phase::kCompute);
  absl::Status work =
      execution.stop_requested() ? absl::CancelledError() : stage_.Run(context);
  phases.Enter(Phase::kWrite);
  if (work.ok()) work = context.CheckOutputsWritten();
  // Whatever the stage made of it.
  if (absl::Status whole = context.CheckInputsWhole(); !whole.ok()) {
    work = std::move(whole);
  }
  SC_RETURN_IF_ERROR(execution.Seal(work));

  v1::ExecutionResult result;
  result.set_build_id(description_.build_id());
  result.mutable_metrics()->insert(context.metrics().begin(),
                                   context.metrics().end());
  *result.mutable_times() = phases.Times();
  if (staging == nullptr) return result;
  auto outputs = staging->Publish(
      MakeManifest(description_, request, started, clock_.Now(), result));
  if (!outputs.ok()) {
    // The volume may have done it and failed to say so; or a second replica
    // was given the same execution and was faster.
    return PublishedOr(request,
                       WithContext(outputs.status(), "publish the outputs"));
  }
  for (v1::Artifact& output : *outputs) {
    *result.add_outputs() = std::move(output);
  }
  OrderOutputs(result);
  *result.mutable_times() = phases.Times();
  return result;
}

absl::StatusOr<std::optional<v1::ExecutionResult>>
ExecutionRunner::FindPublished(const CheckedRequest& request) {
  SC_ASSIGN_OR_RETURN(std::optional<Manifest> manifest,
                      store_.ReadManifest(request.output_prefix));
  if (!manifest.has_value()) return std::nullopt;
  const std::string id = FormatExecutionId(request.id);
  if (manifest->execution_id != id) {
    return absl::FailedPreconditionError(
        absl::StrCat("output_prefix ", request.output_prefix,
                     " holds the outputs of execution ", manifest->execution_id,
                     "; execution ", id, " needs a directory of its own"));
  }
  OrderOutputs(manifest->result);
  return std::move(manifest->result);
}

ExecutionEnd ExecutionRunner::PublishedOr(const CheckedRequest& request,
                                          const absl::Status& error) {
  auto published = FindPublished(request);
  if (!published.ok()) {
    // ALREADY_EXISTS says less than why the manifest does not help.
    return absl::IsAlreadyExists(error) ? published.status() : error;
  }
  if (published->has_value()) return **std::move(published);
  return absl::IsAlreadyExists(error)
             ? absl::FailedPreconditionError(error.message())
             : error;
}

void ExecutionRunner::OrderOutputs(v1::ExecutionResult& result) const {
  std::vector<v1::Artifact> given(result.outputs().begin(),
                                  result.outputs().end());
  result.clear_outputs();
  for (const v1::OutputSpec& spec : description_.outputs()) {
    for (const v1::Artifact& output : given) {
      if (output.name() == spec.name()) *result.add_outputs() = output;
    }
  }
}

}  // namespace stagecoach
