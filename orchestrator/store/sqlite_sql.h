// Every SQL statement of the SQLite store.
//
// A run has a number, which counts the inserts. Rows that belong to the n-th
// thing of a run have the key `number * 2^32 + n` (see SqliteKey), so that all
// rows of a run stand together and new ones at the end: a key of one integer is
// the cheapest that SQLite has.

#ifndef ORCHESTRATOR_STORE_SQLITE_SQL_H_
#define ORCHESTRATOR_STORE_SQLITE_SQL_H_

namespace stagecoach::sql {

// The schema by version: kMigrations[n] makes version n + 1 out of version n.
// Never change one that has been released; add another.
inline constexpr const char* kMigrations[] = {
    R"sql(
      CREATE TABLE specification (
        number INTEGER PRIMARY KEY,
        pipeline TEXT NOT NULL,      -- name
        version INTEGER NOT NULL,
        digest TEXT NOT NULL,
        body BLOB NOT NULL,          -- v1.Pipeline
        UNIQUE (pipeline, version, digest)
      );
      CREATE TABLE run (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        pipeline TEXT NOT NULL,      -- name
        state INTEGER NOT NULL,      -- v1.RunState
        create_time INTEGER NOT NULL,  -- nanoseconds since 1970
        lease_epoch INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        specification INTEGER NOT NULL REFERENCES specification,
        request_digest TEXT NOT NULL,
        idempotency_key TEXT,        -- NULL: none
        body BLOB NOT NULL           -- v1.Run without pipeline and steps
      );
      CREATE UNIQUE INDEX run_by_key ON run (idempotency_key)
        WHERE idempotency_key IS NOT NULL;
      CREATE INDEX run_by_time ON run (create_time);
      CREATE INDEX run_by_pipeline ON run (pipeline, create_time);
      CREATE INDEX run_by_state ON run (state, create_time);
      CREATE INDEX run_by_pipeline_and_state
        ON run (pipeline, state, create_time);
      CREATE TABLE step (
        key INTEGER PRIMARY KEY,     -- of run and position
        summary BLOB NOT NULL,       -- v1.Step without attempts and outputs
        body BLOB NOT NULL           -- v1.Step
      );
      CREATE TABLE event (
        key INTEGER PRIMARY KEY,     -- of run and cursor
        body BLOB NOT NULL           -- v1.RunEvent
      );
      CREATE TABLE artifact (
        uri TEXT PRIMARY KEY,
        step INTEGER NOT NULL REFERENCES step
      ) WITHOUT ROWID;
      CREATE TABLE artifact_read (
        uri TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES run,
        step TEXT NOT NULL,          -- name
        input TEXT NOT NULL,         -- name
        PRIMARY KEY (uri, run, step, input)
      ) WITHOUT ROWID;
      CREATE INDEX artifact_read_by_run ON artifact_read (run);
      CREATE TABLE pipeline (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        yaml TEXT NOT NULL,
        body BLOB NOT NULL,          -- v1.Pipeline
        PRIMARY KEY (name, version)
      );
    )sql",
};

// Writing runs.
inline constexpr char kFindSpecification[] =
    "SELECT number FROM specification"
    " WHERE pipeline = ?1 AND version = ?2 AND digest = ?3";
inline constexpr char kInsertSpecification[] =
    "INSERT INTO specification (pipeline, version, digest, body)"
    " VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kInsertRun[] =
    "INSERT INTO run (id, pipeline, state, create_time, lease_epoch,"
    " event_count, specification, request_digest, idempotency_key, body)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT DO NOTHING";
inline constexpr char kFindRunHead[] =
    "SELECT number, state, lease_epoch, event_count FROM run WHERE id = ?1";
inline constexpr char kUpdateRun[] =
    "UPDATE run SET lease_epoch = ?2, event_count = ?3, body = ?4"
    " WHERE number = ?1";
// Apart from kUpdateRun, because setting `state` rewrites two indices.
inline constexpr char kUpdateRunAndState[] =
    "UPDATE run SET lease_epoch = ?2, event_count = ?3, body = ?4, state = ?5"
    " WHERE number = ?1";
inline constexpr char kWriteStep[] =
    "INSERT OR REPLACE INTO step (key, summary, body) VALUES (?1, ?2, ?3)";
inline constexpr char kInsertEvent[] =
    "INSERT INTO event (key, body) VALUES (?1, ?2)";
inline constexpr char kInsertArtifact[] =
    "INSERT INTO artifact (uri, step) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
inline constexpr char kInsertArtifactRead[] =
    "INSERT INTO artifact_read (uri, run, step, input)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

// Deleting runs. Keys of a run are from ?1 up to and without ?2.
inline constexpr char kDeleteRun[] = "DELETE FROM run WHERE number = ?1";
inline constexpr char kDeleteSteps[] =
    "DELETE FROM step WHERE key >= ?1 AND key < ?2";
inline constexpr char kDeleteEvents[] =
    "DELETE FROM event WHERE key >= ?1 AND key < ?2";
inline constexpr char kDeleteArtifact[] =
    "DELETE FROM artifact WHERE uri = ?3 AND step >= ?1 AND step < ?2";
inline constexpr char kDeleteArtifactReads[] =
    "DELETE FROM artifact_read WHERE run = ?1";

// Reading runs.
inline constexpr char kGetRun[] =
    "SELECT run.number, run.body, specification.body FROM run"
    " JOIN specification ON specification.number = run.specification"
    " WHERE run.id = ?1";
inline constexpr char kUnfinishedRuns[] =
    "SELECT run.number, run.body, specification.body FROM run"
    " JOIN specification ON specification.number = run.specification"
    " WHERE run.state IN (1, 2, 3) ORDER BY run.create_time, run.number";
inline constexpr char kGetSteps[] =
    "SELECT body FROM step WHERE key >= ?1 AND key < ?2"
    " ORDER BY key";
inline constexpr char kGetStepSummaries[] =
    "SELECT summary FROM step WHERE key >= ?1 AND key < ?2 ORDER BY key";
inline constexpr char kFindRunByKey[] =
    "SELECT id, request_digest FROM run WHERE idempotency_key = ?1";
inline constexpr char kListEvents[] =
    "SELECT key, body FROM event WHERE key > ?1 AND key < ?2"
    " ORDER BY key LIMIT ?3";
inline constexpr char kFindRunNumber[] = "SELECT number FROM run WHERE id = ?1";

// Listing runs: those after creation time ?1 and number ?2, at most ?3.
inline constexpr char kListRuns[] =
    "SELECT number, create_time, body FROM run"
    " WHERE create_time <= ?1 AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsOfPipeline[] =
    "SELECT number, create_time, body FROM run WHERE pipeline = ?4"
    " AND create_time <= ?1 AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsInState[] =
    "SELECT number, create_time, body FROM run WHERE state = ?4"
    " AND create_time <= ?1 AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsOfPipelineInState[] =
    "SELECT number, create_time, body FROM run WHERE pipeline = ?4"
    " AND state = ?5"
    " AND create_time <= ?1 AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";

// Artifacts.
inline constexpr char kFindArtifact[] =
    "SELECT run.id, step.body FROM artifact"
    " JOIN step ON step.key = artifact.step"
    " JOIN run ON run.number = artifact.step >> 32"
    " WHERE artifact.uri = ?1";
inline constexpr char kFindArtifactUses[] =
    "SELECT run.id, artifact_read.step, artifact_read.input"
    " FROM artifact_read JOIN run ON run.number = artifact_read.run"
    " WHERE artifact_read.uri = ?1";

// Pipelines.
inline constexpr char kNewestPipeline[] =
    "SELECT yaml, body FROM pipeline WHERE name = ?1"
    " ORDER BY version DESC LIMIT 1";
inline constexpr char kGetPipeline[] =
    "SELECT yaml, body FROM pipeline WHERE name = ?1 AND version = ?2";
inline constexpr char kInsertPipeline[] =
    "INSERT INTO pipeline (name, version, yaml, body) VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kListPipelines[] =
    "SELECT body, MAX(version) FROM pipeline GROUP BY name ORDER BY name";

}  // namespace stagecoach::sql

#endif  // ORCHESTRATOR_STORE_SQLITE_SQL_H_
