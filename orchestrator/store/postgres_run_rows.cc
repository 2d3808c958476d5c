#include "orchestrator/store/postgres_run_rows.h"

#include <string>

#include "orchestrator/store/postgres_coordination_sql.h"
#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/contract/states.h"

namespace stagecoach::postgres {

void RunRows::Insert(const RunWrite& write, int64_t number,
                     int64_t specification) {
  const v1::Run& run = write.run;
  inserts_.number.Add(number);
  inserts_.id.Add(run.id());
  inserts_.pipeline.Add(run.pipeline_name());
  inserts_.state.Add(int64_t{run.state()});
  inserts_.create_time.Add(CreateNanos(run));
  inserts_.lease_epoch.Add(run.lease_epoch());
  inserts_.event_count.Add(static_cast<int64_t>(write.events.size()));
  inserts_.holder.Add(run.holder());
  inserts_.specification.Add(specification);
  inserts_.request_digest.Add(write.request_digest);
  if (run.idempotency_key().empty()) {
    inserts_.key.AddNull();
  } else {
    inserts_.key.Add(run.idempotency_key());
  }
  inserts_.body.Add(RunBody(run).SerializeAsString());
  AddParts(write, number, /*event_count=*/0);
}

void RunRows::Update(const RunWrite& write, int64_t number,
                     int64_t event_count) {
  const v1::Run& run = write.run;
  updates_.number.Add(number);
  updates_.state.Add(int64_t{run.state()});
  updates_.lease_epoch.Add(run.lease_epoch());
  updates_.event_count.Add(event_count +
                           static_cast<int64_t>(write.events.size()));
  updates_.holder.Add(run.holder());
  updates_.body.Add(RunBody(run).SerializeAsString());
  if (IsTerminal(run.state())) ended_.Add(number);
  if (LeavesPlace(run)) left_.Add(number);
  AddParts(write, number, event_count);
}

void RunRows::AddParts(const RunWrite& write, int64_t number,
                       int64_t event_count) {
  for (const auto& [index, step] : write.steps) {
    AddStep(write.run, step, number, index);
  }
  for (const v1::RunEvent& event : write.events) {
    events_.run.Add(number);
    events_.cursor.Add(++event_count);
    events_.body.Add(event.SerializeAsString());
  }
  AddReads(write.reads, number);
}

void RunRows::AddStep(const v1::Run& run, const v1::Step& step, int64_t number,
                      int64_t position) {
  v1::Step kept = step;
  kept.clear_progress();
  steps_.run.Add(number);
  steps_.position.Add(position);
  steps_.summary.Add(StepSummary(step).SerializeAsString());
  steps_.body.Add(kept.SerializeAsString());
  if (LeavesWork(run, step)) {
    work_left_.run.Add(number);
    work_left_.position.Add(position);
  }
  if (!MakesArtifacts(step)) {
    AddReads(TakenOver(step), number);
    return;
  }
  for (const v1::Artifact& output : step.outputs()) {
    artifacts_.uri.Add(output.uri());
    artifacts_.run.Add(number);
    artifacts_.position.Add(position);
  }
  if (!IsCached(step)) return;
  cached_.key.Add(step.cache().key());
  cached_.time.Add(StateNanos(step));
  cached_.run.Add(number);
  cached_.position.Add(position);
  cached_.stage.Add(step.stage());
}

void RunRows::AddReads(const std::vector<ArtifactRead>& reads, int64_t number) {
  for (const ArtifactRead& read : reads) {
    reads_.uri.Add(read.uri);
    reads_.run.Add(number);
    reads_.step.Add(read.step);
    reads_.input.Add(read.input);
  }
}

std::vector<PostgresStatement> RunRows::Statements() const {
  std::vector<PostgresStatement> statements;
  const auto add = [&](const char* sql, std::vector<PostgresValue> values,
                       const PostgresArray& rows) {
    if (!rows.empty()) statements.push_back({sql, std::move(values)});
  };
  add(kInsertRuns,
      {inserts_.number, inserts_.id, inserts_.pipeline, inserts_.state,
       inserts_.create_time, inserts_.lease_epoch, inserts_.event_count,
       inserts_.holder, inserts_.specification, inserts_.request_digest,
       inserts_.key, inserts_.body},
      inserts_.number);
  add(kUpdateRuns,
      {updates_.number, updates_.state, updates_.lease_epoch,
       updates_.event_count, updates_.holder, updates_.body},
      updates_.number);
  add(kWriteSteps, {steps_.run, steps_.position, steps_.summary, steps_.body},
      steps_.run);
  add(kInsertEvents, {events_.run, events_.cursor, events_.body}, events_.run);
  add(kInsertArtifacts, {artifacts_.uri, artifacts_.run, artifacts_.position},
      artifacts_.uri);
  add(kInsertReads, {reads_.uri, reads_.run, reads_.step, reads_.input},
      reads_.uri);
  add(kInsertCachedSteps,
      {cached_.key, cached_.time, cached_.run, cached_.position, cached_.stage},
      cached_.key);
  add(kForgetWishes, {ended_}, ended_);
  add(kLeavePlaces, {left_}, left_);
  const bool steps_leave = !work_left_.run.empty();
  add(kLeaveWork, {left_, work_left_.run, work_left_.position},
      steps_leave ? work_left_.run : left_);
  return statements;
}

}  // namespace stagecoach::postgres
