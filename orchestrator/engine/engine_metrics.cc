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
      cache_lookups_(Add(registry, prometheus::BuildCounter(),
                         "stagecoach_cache_lookups_total",
                         "Steps whose result was looked up, by result.")),
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
  OfPipeline& of = pipelines_[run.pipeline_name()];
  if (of.active == nullptr) {
    of.active = &active_.Add({{"pipeline", run.pipeline_name()}});
  }
  of.active->Increment(change);
}

void EngineMetrics::RunEnded(const v1::Run& run) {
  OfPipeline& of = pipelines_[run.pipeline_name()];
  prometheus::Counter*& runs = of.runs[run.state()];
  if (runs == nullptr) {
    const prometheus::Labels labels = {
        {"pipeline", run.pipeline_name()},
        {"outcome", Outcome(v1::RunState_Name(run.state()), "RUN_STATE_")}};
    runs = &runs_.Add(labels);
    of.run_seconds[run.state()] =
        &run_seconds_.Add(labels, CallSecondsBuckets());
    of.overhead_seconds = &overhead_seconds_.Add(
        {{"pipeline", run.pipeline_name()}}, CallSecondsBuckets());
  }
  runs->Increment();
  const double wall = Seconds(run.times().wall());
  of.run_seconds[run.state()]->Observe(wall);
  of.overhead_seconds->Observe(wall -
                               absl::ToDoubleSeconds(WorkOf(run.times())));
}

void EngineMetrics::AttemptEnded(const v1::Run& run, int step) {
  const v1::Step& record = run.steps(step);
  const v1::Attempt& attempt = record.attempts(record.attempts_size() - 1);
  OfStage& of = stages_[record.stage()];
  prometheus::Counter*& attempts = of.attempts[attempt.state()];
  if (attempts == nullptr) {
    attempts = &attempts_.Add(
        {{"stage", record.stage()},
         {"outcome",
          Outcome(v1::AttemptState_Name(attempt.state()), "ATTEMPT_STATE_")}});
  }
  attempts->Increment();
  if (attempt.state() != v1::ATTEMPT_STATE_SUCCEEDED) return;
  const struct {
    const char* name;
    const google::protobuf::Duration& duration;
  } phases[kPhases] = {{"dispatch", attempt.dispatch()},
                       {"queue", attempt.times().queue()},
                       {"read", attempt.times().read()},
                       {"compute", attempt.times().compute()},
                       {"write", attempt.times().write()}};
  for (int i = 0; i < kPhases; ++i) {
    prometheus::Histogram*& seconds = of.phase_seconds[i];
    if (seconds == nullptr) {
      seconds = &phase_seconds_.Add(
          {{"stage", record.stage()}, {"phase", phases[i].name}},
          CallSecondsBuckets());
    }
    seconds->Observe(Seconds(phases[i].duration));
  }
}

void EngineMetrics::CacheLookedUp(const v1::Step& step) {
  cache_lookups_
      .Add({{"stage", step.stage()},
            {"result", Outcome(v1::CacheOutcome_Name(step.cache().outcome()),
                               "CACHE_OUTCOME_")}})
      .Increment();
}

void EngineMetrics::StepsWaiting(const std::string& stage, int waiting) {
  OfStage& of = stages_[stage];
  if (of.waiting == nullptr) of.waiting = &waiting_.Add({{"stage", stage}});
  of.waiting->Set(waiting);
}

void EngineMetrics::Committed(absl::Duration duration, size_t runs) {
  commit_seconds_.Observe(absl::ToDoubleSeconds(duration));
  committed_runs_.Increment(static_cast<double>(runs));
}

}  // namespace stagecoach
