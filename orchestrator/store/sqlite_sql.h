// Every SQL statement of the SQLite store but its schema.
//
// A run has a number, which counts the inserts. Rows that belong to the n-th
// thing of a run have the key `number * 2^32 + n` (see SqliteKey), so that all
// rows of a run stand together and new ones at the end: a key of one integer is
// the cheapest that SQLite has.

#ifndef ORCHESTRATOR_STORE_SQLITE_SQL_H_
#define ORCHESTRATOR_STORE_SQLITE_SQL_H_

namespace stagecoach::sql {

// Writing runs.
inline constexpr char kFindSpecification[] =
    "SELECT number FROM specification"
    " WHERE pipeline = ?1 AND version = ?2 AND digest = ?3";
inline constexpr char kInsertSpecification[] =
    "INSERT INTO specification (pipeline, version, digest, body)"
    " VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kInsertRun[] =
    "INSERT INTO run (id, pipeline, state, create_time, lease_epoch,"
    " event_count, specification, request_digest, idempotency_key, body,"
    " holder) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    " ON CONFLICT DO NOTHING";
inline constexpr char kFindRunHead[] =
    "SELECT number, state, lease_epoch, event_count FROM run WHERE id = ?1";
inline constexpr char kUpdateRun[] =
    "UPDATE run SET lease_epoch = ?2, event_count = ?3, body = ?4,"
    " holder = ?5 WHERE number = ?1";
// Apart from kUpdateRun, because setting `state` rewrites two indices.
inline constexpr char kUpdateRunAndState[] =
    "UPDATE run SET lease_epoch = ?2, event_count = ?3, body = ?4,"
    " holder = ?5, state = ?6 WHERE number = ?1";
inline constexpr char kWriteStep[] =
    "INSERT OR REPLACE INTO step (key, summary, body) VALUES (?1, ?2, ?3)";
inline constexpr char kInsertEvent[] =
    "INSERT INTO event (key, body) VALUES (?1, ?2)";
inline constexpr char kInsertArtifact[] =
    "INSERT INTO artifact (uri, step) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
inline constexpr char kInsertArtifactRead[] =
    "INSERT INTO artifact_read (uri, run, step, input)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
inline constexpr char kInsertCachedStep[] =
    "INSERT INTO cached_step (cache_key, time, step, stage)"
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
inline constexpr char kDeleteCachedStep[] =
    "DELETE FROM cached_step WHERE cache_key = ?1 AND time = ?2 AND step = ?3";
inline constexpr char kDeleteWishes[] = "DELETE FROM wish WHERE run = ?1";

// Reading runs.
inline constexpr char kGetRun[] =
    "SELECT run.number, run.body, specification.body FROM run"
    " JOIN specification ON specification.number = run.specification"
    " WHERE run.id = ?1";
inline constexpr char kUnfinishedRuns[] =
    "SELECT run.number, run.body, specification.body FROM run"
    " JOIN specification ON specification.number = run.specification"
    " WHERE run.state IN (1, 2, 3, 7) ORDER BY run.create_time, run.number";
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

// Listing runs: those after creation time ?1 and number ?2, at most ?3, created
// at ?4 or later.
inline constexpr char kListRuns[] =
    "SELECT number, create_time, body FROM run"
    " WHERE create_time BETWEEN ?4 AND ?1"
    " AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsOfPipeline[] =
    "SELECT number, create_time, body FROM run WHERE pipeline = ?5"
    " AND create_time BETWEEN ?4 AND ?1"
    " AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsInState[] =
    "SELECT number, create_time, body FROM run WHERE state = ?5"
    " AND create_time BETWEEN ?4 AND ?1"
    " AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";
inline constexpr char kListRunsOfPipelineInState[] =
    "SELECT number, create_time, body FROM run WHERE pipeline = ?5"
    " AND state = ?6 AND create_time BETWEEN ?4 AND ?1"
    " AND (create_time < ?1 OR number < ?2)"
    " ORDER BY create_time DESC, number DESC LIMIT ?3";

// Artifacts.
inline constexpr char kFindArtifact[] =
    "SELECT run.id, step.body,"
    " EXISTS (SELECT 1 FROM pin WHERE pin.uri = artifact.uri) FROM artifact"
    " JOIN step ON step.key = artifact.step"
    " JOIN run ON run.number = artifact.step >> 32"
    " WHERE artifact.uri = ?1";
inline constexpr char kFindArtifactUses[] =
    "SELECT run.id, artifact_read.step, artifact_read.input"
    " FROM artifact_read JOIN run ON run.number = artifact_read.run"
    " WHERE artifact_read.uri = ?1 AND artifact_read.input <> ''";

// Cached steps: ?2 at most.
inline constexpr char kFindCachedSteps[] =
    "SELECT run.id, step.body FROM cached_step"
    " JOIN step ON step.key = cached_step.step"
    " JOIN run ON run.number = cached_step.step >> 32"
    " WHERE cached_step.cache_key = ?1"
    " ORDER BY cached_step.time DESC, cached_step.step DESC LIMIT ?2";
inline constexpr char kRecentCachedSteps[] =
    "SELECT run.id, step.body FROM cached_step"
    " JOIN step ON step.key = cached_step.step"
    " JOIN run ON run.number = cached_step.step >> 32"
    " WHERE cached_step.stage = ?1"
    " ORDER BY cached_step.time DESC, cached_step.step DESC LIMIT ?2";

// Leases and wishes.
inline constexpr char kUnfinishedHolders[] =
    "SELECT number, holder FROM run WHERE state IN (1, 2, 3, 7)"
    " ORDER BY create_time, number";
inline constexpr char kGetRunByNumber[] =
    "SELECT run.number, run.body, specification.body FROM run"
    " JOIN specification ON specification.number = run.specification"
    " WHERE run.number = ?1";
inline constexpr char kHoldRun[] =
    "UPDATE run SET lease_epoch = ?2, body = ?3, holder = ?4"
    " WHERE number = ?1";
inline constexpr char kInsertWish[] =
    "INSERT INTO wish (run, kind, reason) VALUES (?1, ?2, ?3)";
inline constexpr char kWishesFor[] =
    "SELECT wish.number, run.id, wish.kind, wish.reason FROM wish"
    " JOIN run ON run.number = wish.run WHERE run.holder = ?1"
    " ORDER BY wish.number";
inline constexpr char kForgetWish[] = "DELETE FROM wish WHERE number = ?1";

// Retention.
inline constexpr char kFindArtifactStep[] =
    "SELECT step FROM artifact WHERE uri = ?1";
inline constexpr char kPin[] =
    "INSERT INTO pin (uri) VALUES (?1) ON CONFLICT DO NOTHING";
inline constexpr char kUnpin[] = "DELETE FROM pin WHERE uri = ?1";
inline constexpr char kFindPin[] = "SELECT 1 FROM pin WHERE uri = ?1";
inline constexpr char kPinnedArtifacts[] = "SELECT uri FROM pin ORDER BY uri";
// `+state` keeps the index of states from being chosen, which is not in order.
inline constexpr char kListEndedRuns[] =
    "SELECT number, create_time, body FROM run"
    " WHERE create_time >= ?1 AND (create_time > ?1 OR number > ?2)"
    " AND +state IN (4, 5, 6) ORDER BY create_time, number LIMIT ?3";
inline constexpr char kFindOtherReaders[] =
    "SELECT DISTINCT run.id FROM artifact_read"
    " JOIN run ON run.number = artifact_read.run"
    " WHERE artifact_read.uri = ?1 AND artifact_read.run <> ?2";
inline constexpr char kInsertDeletion[] =
    "INSERT INTO deletion (run, volume) VALUES (?1, ?2)";
inline constexpr char kListDeletions[] =
    "SELECT run, volume FROM deletion ORDER BY number";
inline constexpr char kFinishDeletion[] = "DELETE FROM deletion WHERE run = ?1";

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
