#include "orchestrator/pipeline/plan_retry.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/sha256.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

// The step as the new run starts with it.
v1::Step RetriedStep(const v1::Run& run, const v1::Step& step, bool redo) {
  v1::Step result;
  result.set_name(step.name());
  result.set_stage(step.stage());
  if (redo || step.state() != v1::STEP_STATE_SUCCEEDED) {
    result.set_state(v1::STEP_STATE_PENDING);
    return result;
  }
  result.set_state(v1::STEP_STATE_SUCCEEDED);
  *result.mutable_outputs() = step.outputs();
  result.set_reused_from_run(
      step.reused_from_run().empty() ? run.id() : step.reused_from_run());
  return result;
}

}  // namespace

absl::StatusOr<v1::Run> PlanRetry(
    const v1::Run& run, const absl::flat_hash_set<std::string>& redo) {
  if (!IsTerminal(run.state())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", run.id(), " has not ended; wait for it or cancel it first"));
  }
  if (run.state() == v1::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", run.id(), " succeeded; there is nothing to retry"));
  }
  v1::Run retry;
  retry.set_state(v1::RUN_STATE_PENDING);
  retry.set_retry_of(run.id());
  retry.set_pipeline_name(run.pipeline_name());
  retry.set_volume(run.volume());
  retry.set_priority(run.priority());
  retry.set_cache_mode(run.cache_mode());
  *retry.mutable_pipeline() = run.pipeline();
  *retry.mutable_parameters() = run.parameters();
  *retry.mutable_inputs() = run.inputs();
  for (const v1::Step& step : run.steps()) {
    *retry.add_steps() = RetriedStep(run, step, redo.contains(step.name()));
  }
  return retry;
}

std::string RetryDigest(absl::string_view run_id) {
  return Sha256Hex(absl::StrCat("retry ", run_id));
}

}  // namespace stagecoach
