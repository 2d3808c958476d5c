#include "orchestrator/engine/engine_metrics.h"

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "orchestrator/engine/times.h"
#include "services/common/base/metrics.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

template <typename Builder>
auto& Add(prometheus::Registry& registry, Builder builder, const char* name,
          const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

// `succeeded` for RUN_STATE_SUCCEEDED and so on.
std::string WordOf(absl::string_view state, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(state, prefix));
}

constexpr const char* kPhaseNames[] = {"wait", "dispatch", "queue",
                                       "read", "compute",  "write"};

// How long the last attempt had to wait for a slot.
absl::Duration WaitOf(const v1::Step& step) {
  const int attempts = step.attempts_size();
  const absl::Time ready =
      attempts > 1 ? FromTimestamp(step.attempts(attempts - 2).end_time())
                   : FromTimestamp(step.ready_time());
  return FromTimestamp(step.attempts(attempts - 1).start_time()) - ready;
}

double Seconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
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
      last_success_(Add(registry, prometheus::BuildGauge(),
                        "stagecoach_run_last_success_timestamp_seconds",
                        "When a run succeeded last, since the epoch.")),
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
      oldest_wait_(Add(registry, prometheus::BuildGauge(),
                       "stagecoach_steps_oldest_wait_timestamp_seconds",
                       "Since when the oldest waiting step waits; 0: none.")),
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
      recovery_seconds_(Add(registry, prometheus::BuildGauge(),
                            "stagecoach_recovery_seconds",
                            "Time to take up the runs that had not ended.")
                            .Add({})),
      recovered_(Add(registry, prometheus::BuildCounter(),
                     "stagecoach_recovered_runs_total",
                     "Runs taken up again at the start.")
                     .Add({})) {}

EngineMetrics::OfPipeline& EngineMetrics::Pipeline(const std::string& name) {
  const auto [entry, is_new] = pipelines_.try_emplace(name);
  OfPipeline& of = entry->second;
  if (!is_new) return of;
  for (int i = v1::RunState_MIN + 1; i <= v1::RunState_MAX; ++i) {
    const auto state = static_cast<v1::RunState>(i);
    const std::string word = WordOf(v1::RunState_Name(state), "RUN_STATE_");
    if (IsTerminal(state)) {
      of.runs[i] = &runs_.Add({{"pipeline", name}, {"outcome", word}});
      of.run_seconds[i] = &run_seconds_.Add(
          {{"pipeline", name}, {"outcome", word}}, CallSecondsBuckets());
    } else {
      of.active[i] = &active_.Add({{"pipeline", name}, {"state", word}});
    }
  }
  of.overhead_seconds =
      &overhead_seconds_.Add({{"pipeline", name}}, CallSecondsBuckets());
  return of;
}

EngineMetrics::OfStage& EngineMetrics::Stage(const std::string& name) {
  const auto [entry, is_new] = stages_.try_emplace(name);
  OfStage& of = entry->second;
  if (!is_new) return of;
  of.waiting = &waiting_.Add({{"stage", name}});
  of.oldest_wait = &oldest_wait_.Add({{"stage", name}});
  for (int i = 0; i < kPhases; ++i) {
    of.phase_seconds[i] = &phase_seconds_.Add(
        {{"stage", name}, {"phase", kPhaseNames[i]}}, CallSecondsBuckets());
  }
  for (int i = v1::CacheOutcome_MIN + 1; i <= v1::CacheOutcome_MAX; ++i) {
    CountLookUps(name, static_cast<v1::CacheOutcome>(i), 0);
  }
  // Those that somebody waits for or is called for.
  Attempts(name, v1::ATTEMPT_STATE_SUCCEEDED, v1::ERROR_CODE_UNSPECIFIED);
  Attempts(name, v1::ATTEMPT_STATE_LOST, v1::ERROR_CODE_UNAVAILABLE);
  return of;
}

prometheus::Counter& EngineMetrics::Attempts(const std::string& stage,
                                             v1::AttemptState state,
                                             v1::ErrorCode code) {
  prometheus::Counter*& counter = Stage(stage).attempts[state][code];
  if (counter == nullptr) {
    const std::string word = WordOf(v1::ErrorCode_Name(code), "ERROR_CODE_");
    counter = &attempts_.Add(
        {{"stage", stage},
         {"outcome", WordOf(v1::AttemptState_Name(state), "ATTEMPT_STATE_")},
         {"code", code == v1::ERROR_CODE_UNSPECIFIED ? "ok" : word}});
  }
  return *counter;
}

void EngineMetrics::RunActive(const v1::Run& run) {
  prometheus::Gauge* const gauge =
      Pipeline(run.pipeline_name()).active[run.state()];
  prometheus::Gauge*& counted = counted_in_[run.id()];
  if (counted == gauge) return;
  if (counted != nullptr) counted->Decrement();
  counted = gauge;
  gauge->Increment();
}

void EngineMetrics::RunGone(absl::string_view run_id) {
  const auto found = counted_in_.find(run_id);
  if (found == counted_in_.end()) return;
  found->second->Decrement();
  counted_in_.erase(found);
}

void EngineMetrics::Recovered(absl::Duration duration, size_t runs) {
  recovery_seconds_.Set(absl::ToDoubleSeconds(duration));
  recovered_.Increment(static_cast<double>(runs));
}

void EngineMetrics::RunEnded(const v1::Run& run) {
  OfPipeline& of = Pipeline(run.pipeline_name());
  of.runs[run.state()]->Increment();
  const double wall = Seconds(run.times().wall());
  of.run_seconds[run.state()]->Observe(wall);
  // What an attempt did that has not succeeded is not known.
  if (run.state() != v1::RUN_STATE_SUCCEEDED) return;
  of.overhead_seconds->Observe(wall -
                               absl::ToDoubleSeconds(WorkOf(run.times())));
  if (of.last_success == nullptr) {
    of.last_success = &last_success_.Add({{"pipeline", run.pipeline_name()}});
  }
  of.last_success->Set(Seconds(FromTimestamp(run.end_time())));
}

void EngineMetrics::AttemptEnded(const v1::Run& run, int step) {
  const v1::Step& record = run.steps(step);
  const v1::Attempt& attempt = record.attempts(record.attempts_size() - 1);
  Attempts(record.stage(), attempt.state(), attempt.error().code()).Increment();
  if (attempt.state() != v1::ATTEMPT_STATE_SUCCEEDED) return;
  const v1::PhaseTimes& times = attempt.times();
  const double seconds[kPhases] = {absl::ToDoubleSeconds(WaitOf(record)),
                                   Seconds(attempt.dispatch()),
                                   Seconds(times.queue()),
                                   Seconds(times.read()),
                                   Seconds(times.compute()),
                                   Seconds(times.write())};
  const OfStage& of = Stage(record.stage());
  for (int i = 0; i < kPhases; ++i) of.phase_seconds[i]->Observe(seconds[i]);
}

void EngineMetrics::CacheLookedUp(const v1::Step& step) {
  CountLookUps(step.stage(), step.cache().outcome(), 1);
}

void EngineMetrics::CountLookUps(const std::string& stage,
                                 v1::CacheOutcome outcome, int count) {
  cache_lookups_
      .Add({{"stage", stage},
            {"result",
             WordOf(v1::CacheOutcome_Name(outcome), "CACHE_OUTCOME_")}})
      .Increment(count);
}

void EngineMetrics::StepsWaiting(const std::string& stage, int waiting,
                                 std::optional<absl::Time> oldest) {
  OfStage& of = Stage(stage);
  of.waiting->Set(waiting);
  of.oldest_wait->Set(oldest.has_value() ? Seconds(*oldest) : 0);
}

void EngineMetrics::Committed(absl::Duration duration, size_t runs) {
  commit_seconds_.Observe(absl::ToDoubleSeconds(duration));
  committed_runs_.Increment(static_cast<double>(runs));
}

}  // namespace stagecoach
