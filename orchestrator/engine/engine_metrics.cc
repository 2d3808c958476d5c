#include "orchestrator/engine/engine_metrics.h"

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "orchestrator/engine/times.h"
#include "services/common/base/metrics.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

template <typename Builder>
auto& Add(prometheus::Registry& registry, Builder builder, const char* name,
          const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

// `succeeded` for RUN_STATE_SUCCEEDED and so on.
std::string Outcome(absl::string_view state, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(state, prefix));
}

double Seconds(const google::protobuf::Duration& duration) {
  return absl::ToDoubleSeconds(FromProtoDuration(duration));
}

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : active_(Add(registry, prometheus::BuildGauge(), "stagecoach_runs",
                  "Runs that have not ended.")),
      runs_(Add(registry, prometheus::BuildCounter(), "stagecoach_runs_total",
                "Runs that have ended, by outcome.")),
      run_seconds_(Add(registry, prometheus::BuildHistogram(),
                       "stagecoach_run_seconds",
                       "From the creation of a run to its end.")),
      overhead_seconds_(Add(registry, prometheus::BuildHistogram(),
                            "stagecoach_run_overhead_seconds",
                            "What a run took beyond reading, computing and "
                            "writing in its stages.")),
      attempts_(Add(registry, prometheus::BuildCounter(),
                    "stagecoach_step_attempts_total",
                    "Attempts at steps that have ended, by outcome.")),
      phase_seconds_(Add(registry, prometheus::BuildHistogram(),
                         "stagecoach_step_seconds",
                         "Time of attempts that succeeded, by phase.")),
      waiting_(Add(registry, prometheus::BuildGauge(),
                   "stagecoach_steps_waiting",
                   "Steps that wait for a free slot of their stage.")),
      commit_seconds_(Add(registry, prometheus::BuildHistogram(),
                          "stagecoach_store_commit_seconds",
                          "Time of one commit to the store.")
                          .Add({}, OperationSecondsBuckets())),
      committed_runs_(Add(registry, prometheus::BuildCounter(),
                          "stagecoach_store_committed_transitions_total",
                          "Transitions of runs that were made durable.")
                          .Add({})),
      commits_failed_(Add(registry, prometheus::BuildCounter(),
                          "stagecoach_store_commit_failures_total",
                          "Transitions that could not be written at once.")
                          .Add({})),
      idempotent_replays_(
          Add(registry, prometheus::BuildCounter(),
              "stagecoach_idempotent_replays_total",
              "Requests answered with the run of their idempotency key.")
              .Add({})),
      recovered_(Add(registry, prometheus::BuildCounter(),
                     "stagecoach_recovered_runs_total",
                     "Runs taken up again at the start.")
                     .Add({})) {}

void EngineMetrics::RunActive(const v1::Run& run, int change) {
  active_.Add({{"pipeline", run.pipeline_name()}}).Increment(change);
}

void EngineMetrics::RunEnded(const v1::Run& run) {
  const prometheus::Labels labels = {
      {"pipeline", run.pipeline_name()},
      {"outcome", Outcome(v1::RunState_Name(run.state()), "RUN_STATE_")}};
  runs_.Add(labels).Increment();
  run_seconds_.Add(labels, CallSecondsBuckets())
      .Observe(Seconds(run.times().wall()));
  overhead_seconds_
      .Add({{"pipeline", run.pipeline_name()}}, CallSecondsBuckets())
      .Observe(absl::ToDoubleSeconds(FromProtoDuration(run.times().wall()) -
                                     WorkOf(run.times())));
}

void EngineMetrics::AttemptEnded(const v1::Run& run, int step) {
  const v1::Step& record = run.steps(step);
  const v1::Attempt& attempt = record.attempts(record.attempts_size() - 1);
  attempts_
      .Add({{"stage", record.stage()},
            {"outcome", Outcome(v1::AttemptState_Name(attempt.state()),
                                "ATTEMPT_STATE_")}})
      .Increment();
  if (attempt.state() != v1::ATTEMPT_STATE_SUCCEEDED) return;
  const auto observe = [&](const char* phase,
                           const google::protobuf::Duration& duration) {
    phase_seconds_
        .Add({{"stage", record.stage()}, {"phase", phase}},
             CallSecondsBuckets())
        .Observe(Seconds(duration));
  };
  observe("dispatch", attempt.dispatch());
  observe("queue", attempt.times().queue());
  observe("read", attempt.times().read());
  observe("compute", attempt.times().compute());
  observe("write", attempt.times().write());
}

void EngineMetrics::StepsWaiting(const std::string& stage, int waiting) {
  waiting_.Add({{"stage", stage}}).Set(waiting);
}

void EngineMetrics::Committed(absl::Duration duration, size_t runs) {
  commit_seconds_.Observe(absl::ToDoubleSeconds(duration));
  committed_runs_.Increment(static_cast<double>(runs));
}

}  // namespace stagecoach
