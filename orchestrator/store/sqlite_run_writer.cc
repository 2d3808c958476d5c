#include "orchestrator/store/sqlite_run_writer.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/sqlite_key.h"
#include "orchestrator/store/sqlite_run_reader.h"
#include "orchestrator/store/sqlite_sql.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

// A step is copied only in the rare case that it has something to leave out.
void SerializeStep(const v1::Step& step, std::string& body) {
  if (!step.has_progress()) {
    step.SerializeToString(&body);
    return;
  }
  v1::Step kept = step;
  kept.clear_progress();
  kept.SerializeToString(&body);
}

}  // namespace

std::vector<absl::Status> SqliteRunWriter::Commit(
    absl::Span<const RunWrite> writes) {
  std::vector<absl::Status> refusals(writes.size());
  const absl::Status status = db_.InWriteTransaction([&]() -> absl::Status {
    for (size_t i = 0; i < writes.size(); ++i) {
      SC_RETURN_IF_ERROR(Write(writes[i], refusals[i]));
    }
    return absl::OkStatus();
  });
  if (status.ok()) return refusals;
  specifications_.clear();
  return std::vector<absl::Status>(writes.size(), status);
}

absl::Status SqliteRunWriter::Write(const RunWrite& write,
                                    absl::Status& refusal) {
  SC_ASSIGN_OR_RETURN(const Target target,
                      write.insert ? Insert(write) : Update(write));
  refusal = target.refusal;
  if (!refusal.ok()) return absl::OkStatus();
  SC_RETURN_IF_ERROR(WriteSteps(write, target.number));
  SC_RETURN_IF_ERROR(WriteEvents(write, target));
  return WriteReads(write.reads, target.number);
}

absl::StatusOr<SqliteRunWriter::Target> SqliteRunWriter::Insert(
    const RunWrite& write) {
  const v1::Run& run = write.run;
  SC_ASSIGN_OR_RETURN(const int64_t specification,
                      SpecificationNumber(run.pipeline()));
  SqliteValue key;
  if (!run.idempotency_key().empty()) {
    key = absl::string_view(run.idempotency_key());
  }
  const std::string body = RunBody(run).SerializeAsString();
  SC_RETURN_IF_ERROR(
      db_.Run(sql::kInsertRun,
              {run.id(), run.pipeline_name(), int64_t{run.state()},
               CreateNanos(run), run.lease_epoch(),
               static_cast<int64_t>(write.events.size()), specification,
               write.request_digest, key, SqliteBlob{body}, run.holder()}));
  if (db_.ChangedRows() == 0) return ConflictOf(run);
  Target target;
  target.number = db_.LastInsertedRow();
  return target;
}

absl::StatusOr<SqliteRunWriter::Target> SqliteRunWriter::ConflictOf(
    const v1::Run& run) {
  Target target;
  SC_ASSIGN_OR_RETURN(const std::optional<KeyedRun> keyed,
                      ReadRunByKey(db_, run.idempotency_key()));
  target.refusal = keyed.has_value()
                       ? KeyTaken(run.idempotency_key(), keyed->run_id)
                       : RunIdTaken(run.id());
  return target;
}

absl::StatusOr<SqliteRunWriter::Target> SqliteRunWriter::Update(
    const RunWrite& write) {
  const v1::Run& run = write.run;
  Target target;
  v1::RunState state;
  {
    SC_ASSIGN_OR_RETURN(SqliteRows head,
                        db_.Query(sql::kFindRunHead, {run.id()}));
    SC_ASSIGN_OR_RETURN(const bool found, head.Next());
    if (!found) {
      target.refusal = RunNotFound(run.id());
      return target;
    }
    target.number = head.Integer(0);
    state = static_cast<v1::RunState>(head.Integer(1));
    target.refusal = CheckUpdate(state, head.Integer(2), run);
    target.event_count = head.Integer(3);
  }
  if (!target.refusal.ok()) return target;
  const int64_t events = target.event_count + write.events.size();
  const std::string body = RunBody(run).SerializeAsString();
  SC_RETURN_IF_ERROR(
      state == run.state()
          ? db_.Run(sql::kUpdateRun, {target.number, run.lease_epoch(), events,
                                      SqliteBlob{body}, run.holder()})
          : db_.Run(sql::kUpdateRunAndState,
                    {target.number, run.lease_epoch(), events, SqliteBlob{body},
                     run.holder(), int64_t{run.state()}}));
  if (IsTerminal(run.state())) {
    SC_RETURN_IF_ERROR(db_.Run(sql::kDeleteWishes, {target.number}));
  }
  return target;
}

absl::StatusOr<int64_t> SqliteRunWriter::SpecificationNumber(
    const v1::Pipeline& pipeline) {
  const std::string digest = SpecificationDigest(pipeline);
  const std::string identity =
      absl::StrCat(pipeline.name(), "/", pipeline.version(), "/", digest);
  const auto known = specifications_.find(identity);
  if (known != specifications_.end()) return known->second;
  {
    SC_ASSIGN_OR_RETURN(
        SqliteRows rows,
        db_.Query(sql::kFindSpecification,
                  {pipeline.name(), pipeline.version(), digest}));
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (found) return specifications_[identity] = rows.Integer(0);
  }
  const std::string body = pipeline.SerializeAsString();
  SC_RETURN_IF_ERROR(
      db_.Run(sql::kInsertSpecification,
              {pipeline.name(), pipeline.version(), digest, SqliteBlob{body}}));
  return specifications_[identity] = db_.LastInsertedRow();
}

absl::Status SqliteRunWriter::WriteSteps(const RunWrite& write,
                                         int64_t number) {
  for (const auto& [index, step] : write.steps) {
    const int64_t key = SqliteKey(number, index);
    StepSummary(step).SerializeToString(&summary_);
    SerializeStep(step, body_);
    SC_RETURN_IF_ERROR(db_.Run(sql::kWriteStep,
                               {key, SqliteBlob{summary_}, SqliteBlob{body_}}));
    SC_RETURN_IF_ERROR(WriteOutputs(step, number, key));
  }
  return absl::OkStatus();
}

absl::Status SqliteRunWriter::WriteOutputs(const v1::Step& step, int64_t number,
                                           int64_t key) {
  if (!MakesArtifacts(step)) return WriteReads(TakenOver(step), number);
  for (const v1::Artifact& output : step.outputs()) {
    SC_RETURN_IF_ERROR(db_.Run(sql::kInsertArtifact, {output.uri(), key}));
  }
  if (!IsCached(step)) return absl::OkStatus();
  return db_.Run(sql::kInsertCachedStep,
                 {step.cache().key(), StateNanos(step), key, step.stage()});
}

absl::Status SqliteRunWriter::WriteEvents(const RunWrite& write,
                                          const Target& target) {
  int64_t cursor = target.event_count;
  for (const v1::RunEvent& event : write.events) {
    event.SerializeToString(&body_);
    SC_RETURN_IF_ERROR(
        db_.Run(sql::kInsertEvent,
                {SqliteKey(target.number, ++cursor), SqliteBlob{body_}}));
  }
  return absl::OkStatus();
}

absl::Status SqliteRunWriter::WriteReads(absl::Span<const ArtifactRead> reads,
                                         int64_t number) {
  for (const ArtifactRead& read : reads) {
    SC_RETURN_IF_ERROR(db_.Run(sql::kInsertArtifactRead,
                               {read.uri, number, read.step, read.input}));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
