// Every SQL statement of the PostgreSQL store but its schema and those of
// postgres_coordination_sql.h. Those that write take arrays, so that one
// statement does for all runs of a commit.

#ifndef ORCHESTRATOR_STORE_POSTGRES_SQL_H_
#define ORCHESTRATOR_STORE_POSTGRES_SQL_H_

namespace stagecoach::postgres {

// Writing runs.
inline constexpr char kInsertSpecification[] =
    "INSERT INTO specification (pipeline, version, digest, body)"
    " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
inline constexpr char kFindSpecification[] =
    "SELECT number FROM specification"
    " WHERE pipeline = $1 AND version = $2 AND digest = $3";
// Locked in one order by all, so that nobody waits for somebody who waits.
inline constexpr char kLockRuns[] =
    "SELECT id, number, state, lease_epoch, event_count FROM run"
    " WHERE id = ANY($1::TEXT[]) ORDER BY id FOR UPDATE";
inline constexpr char kLockBodies[] =
    "SELECT id, number, state, body FROM run"
    " WHERE id = ANY($1::TEXT[]) ORDER BY id FOR UPDATE";
inline constexpr char kFindTaken[] =
    "SELECT id, COALESCE(idempotency_key, '') FROM run"
    " WHERE id = ANY($1::TEXT[]) OR idempotency_key = ANY($2::TEXT[])";
inline constexpr char kNextNumbers[] =
    "SELECT nextval('run_number') FROM generate_series(1, $1::BIGINT)";
inline constexpr char kTransactionNumber[] =
    "SELECT pg_current_xact_id()::TEXT";
inline constexpr char kTransactionStatus[] =
    "SELECT COALESCE(pg_xact_status($1::TEXT::xid8), 'aborted')"
    " FROM pg_sleep(0.02)";
inline constexpr char kInsertRuns[] =
    "INSERT INTO run (number, id, pipeline, state, create_time, lease_epoch,"
    " event_count, holder, specification, request_digest, idempotency_key,"
    " body) SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[],"
    " $4::BIGINT[], $5::BIGINT[], $6::BIGINT[], $7::BIGINT[], $8::TEXT[],"
    " $9::BIGINT[], $10::TEXT[], $11::TEXT[], $12::BYTEA[])";
inline constexpr char kUpdateRuns[] =
    "UPDATE run SET state = new.state, lease_epoch = new.lease_epoch,"
    " event_count = new.event_count, holder = new.holder, body = new.body"
    " FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[],"
    " $5::TEXT[], $6::BYTEA[])"
    " AS new (number, state, lease_epoch, event_count, holder, body)"
    " WHERE run.number = new.number";
inline constexpr char kWriteSteps[] =
    "INSERT INTO step (run, position, summary, body)"
    " SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BYTEA[],"
    " $4::BYTEA[]) ON CONFLICT (run, position)"
    " DO UPDATE SET summary = excluded.summary, body = excluded.body";
inline constexpr char kInsertEvents[] =
    "INSERT INTO event (run, cursor, body)"
    " SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BYTEA[])";
inline constexpr char kInsertArtifacts[] =
    "INSERT INTO artifact (uri, run, position)"
    " SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[])"
    " ON CONFLICT DO NOTHING";
inline constexpr char kInsertReads[] =
    "INSERT INTO artifact_read (uri, run, step, input)"
    " SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[])"
    " ON CONFLICT DO NOTHING";
inline constexpr char kInsertCachedSteps[] =
    "INSERT INTO cached_step (cache_key, time, run, position, stage)"
    " SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[],"
    " $4::BIGINT[], $5::TEXT[]) ON CONFLICT DO NOTHING";
inline constexpr char kForgetWishes[] =
    "DELETE FROM wish WHERE run = ANY($1::BIGINT[])";
// Ids of runs that have changed, with blanks between; nothing: wishes and
// leases may have.
inline constexpr char kNotify[] = "SELECT pg_notify('stagecoach', $1)";

// Reading runs: as ToRun takes them. One statement sees one state of the store.
inline constexpr char kGetRun[] =
    "SELECT run.body, run.holder, run.lease_epoch, specification.body,"
    " ARRAY(SELECT step.body FROM step WHERE step.run = run.number"
    " ORDER BY step.position)"
    " FROM run JOIN specification ON specification.number = run.specification"
    " WHERE run.id = $1";
inline constexpr char kUnfinishedRuns[] =
    "SELECT run.body, run.holder, run.lease_epoch, specification.body,"
    " ARRAY(SELECT step.body FROM step WHERE step.run = run.number"
    " ORDER BY step.position)"
    " FROM run JOIN specification ON specification.number = run.specification"
    " WHERE run.state IN (1, 2, 3, 7) ORDER BY run.create_time, run.number";
inline constexpr char kFindRunByKey[] =
    "SELECT id, request_digest FROM run WHERE idempotency_key = $1";
inline constexpr char kListEvents[] =
    "SELECT event.cursor, event.body FROM event"
    " WHERE event.run = (SELECT number FROM run WHERE id = $1)"
    " AND event.cursor > $2 ORDER BY event.cursor LIMIT $3";

// Listing runs: those after creation time $1 and number $2, at most $3, created
// at $4 or later.
#define STAGECOACH_LISTED                                            \
  "SELECT number, create_time, body, holder, lease_epoch,"           \
  " ARRAY(SELECT step.summary FROM step WHERE step.run = run.number" \
  " ORDER BY step.position) FROM run"                                \
  " WHERE (create_time, number) < ($1::BIGINT, $2::BIGINT)"          \
  " AND create_time >= $4::BIGINT"
#define STAGECOACH_NEWEST_FIRST \
  " ORDER BY create_time DESC, number DESC LIMIT $3::BIGINT"
inline constexpr char kListRuns[] = STAGECOACH_LISTED STAGECOACH_NEWEST_FIRST;
inline constexpr char kListRunsOfPipeline[] =
    STAGECOACH_LISTED " AND pipeline = $5" STAGECOACH_NEWEST_FIRST;
inline constexpr char kListRunsInState[] =
    STAGECOACH_LISTED " AND state = $5::BIGINT" STAGECOACH_NEWEST_FIRST;
inline constexpr char kListRunsOfPipelineInState[] = STAGECOACH_LISTED
    " AND pipeline = $5 AND state = $6::BIGINT" STAGECOACH_NEWEST_FIRST;
#undef STAGECOACH_LISTED
#undef STAGECOACH_NEWEST_FIRST

// Artifacts and cached steps.
inline constexpr char kFindArtifact[] =
    "SELECT run.id, step.body,"
    " (SELECT COUNT(*) FROM pin WHERE pin.uri = artifact.uri) FROM artifact"
    " JOIN run ON run.number = artifact.run"
    " JOIN step ON step.run = artifact.run"
    " AND step.position = artifact.position WHERE artifact.uri = $1";
inline constexpr char kFindArtifactUses[] =
    "SELECT run.id, artifact_read.step, artifact_read.input FROM artifact_read"
    " JOIN run ON run.number = artifact_read.run"
    " WHERE artifact_read.uri = $1 AND artifact_read.input <> ''";
inline constexpr char kFindCachedSteps[] =
    "SELECT run.id, step.body FROM cached_step"
    " JOIN run ON run.number = cached_step.run"
    " JOIN step ON step.run = cached_step.run"
    " AND step.position = cached_step.position"
    " WHERE cached_step.cache_key = $1 ORDER BY cached_step.time DESC,"
    " cached_step.run DESC, cached_step.position DESC LIMIT $2::BIGINT";
inline constexpr char kRecentCachedSteps[] =
    "SELECT run.id, step.body FROM cached_step"
    " JOIN run ON run.number = cached_step.run"
    " JOIN step ON step.run = cached_step.run"
    " AND step.position = cached_step.position"
    " WHERE cached_step.stage = $1 ORDER BY cached_step.time DESC,"
    " cached_step.run DESC, cached_step.position DESC LIMIT $2::BIGINT";

// Leases and wishes. $2 of kRenewLease is in microseconds.
inline constexpr char kRenewLease[] =
    "INSERT INTO lease (holder, end_time, ended) VALUES"
    " ($1, clock_timestamp() + $2::BIGINT * INTERVAL '1 microsecond', false)"
    " ON CONFLICT (holder) DO UPDATE SET end_time = excluded.end_time"
    " WHERE NOT lease.ended RETURNING 1::BIGINT";
inline constexpr char kCountOthers[] =
    "SELECT COUNT(*) FROM lease WHERE holder <> $1 AND NOT ended";
inline constexpr char kReleaseLease[] =
    "UPDATE lease SET ended = true WHERE holder = $1";
// One acquires at a time. Of two at once, one could see the runs as they were
// before the other took them but not the other's new lease, and take them too.
inline constexpr char kLockAcquisition[] =
    "SELECT pg_advisory_xact_lock(1400139621)";
inline constexpr char kLockLease[] =
    "SELECT 1::BIGINT FROM lease WHERE holder = $1 AND NOT ended FOR UPDATE";
inline constexpr char kEndLeases[] =
    "UPDATE lease SET ended = true WHERE NOT ended AND holder <> $1"
    " AND end_time <= clock_timestamp()";
inline constexpr char kForgetLeases[] =
    "DELETE FROM lease WHERE ended"
    " AND end_time < clock_timestamp() - INTERVAL '1 day'";
inline constexpr char kAcquireRuns[] =
    "UPDATE run SET holder = $1, lease_epoch = lease_epoch + 1"
    " WHERE number IN (SELECT free.number FROM run AS free"
    " WHERE free.state IN (1, 2, 3, 7) AND NOT EXISTS"
    " (SELECT 1 FROM lease WHERE lease.holder = free.holder"
    " AND NOT lease.ended)"
    " ORDER BY free.create_time, free.number LIMIT $2::BIGINT"
    " FOR UPDATE SKIP LOCKED)"
    " RETURNING body, holder, lease_epoch, (SELECT specification.body"
    " FROM specification WHERE specification.number = run.specification),"
    " ARRAY(SELECT step.body FROM step WHERE step.run = run.number"
    " ORDER BY step.position), create_time, number";
inline constexpr char kAddWish[] =
    "INSERT INTO wish (run, kind, reason) VALUES ($1, $2, $3)";
inline constexpr char kWishesFor[] =
    "SELECT wish.number, run.id, wish.kind, wish.reason FROM wish"
    " JOIN run ON run.number = wish.run WHERE run.holder = $1"
    " ORDER BY wish.number";
inline constexpr char kForgetWish[] = "DELETE FROM wish WHERE number = $1";

// Retention.
inline constexpr char kPin[] =
    "INSERT INTO pin (uri) SELECT uri FROM artifact WHERE uri = $1"
    " ON CONFLICT (uri) DO UPDATE SET uri = excluded.uri RETURNING 1::BIGINT";
inline constexpr char kFindRecorded[] =
    "SELECT 1::BIGINT FROM artifact WHERE uri = $1";
inline constexpr char kUnpin[] = "DELETE FROM pin WHERE uri = $1";
inline constexpr char kPinnedArtifacts[] = "SELECT uri FROM pin ORDER BY uri";
inline constexpr char kListEndedRuns[] =
    "SELECT number, create_time, body, ARRAY(SELECT step.body FROM step"
    " WHERE step.run = run.number ORDER BY step.position) FROM run"
    " WHERE (create_time, number) > ($1::BIGINT, $2::BIGINT)"
    " AND state IN (4, 5, 6) ORDER BY create_time, number LIMIT $3::BIGINT";
// A run that is about to be deleted is waited for; it is gone then.
inline constexpr char kLockMakers[] =
    "SELECT artifact.uri FROM artifact JOIN run ON run.number = artifact.run"
    " WHERE artifact.uri = ANY($1::TEXT[]) ORDER BY run.id FOR SHARE OF run";
inline constexpr char kNeedArtifacts[] =
    "INSERT INTO artifact_read (uri, run, step, input)"
    " SELECT wanted.uri, run.number, '', '' FROM run,"
    " unnest($2::TEXT[]) AS wanted (uri) WHERE run.id = $1"
    " ON CONFLICT (uri, run, step, input) DO UPDATE SET step = ''"
    " RETURNING 1::BIGINT";
// Pairs of a run of $1 and a run that is none of them.
inline constexpr char kFindReaders[] =
    "SELECT DISTINCT maker.id, reader.id FROM run AS maker"
    " JOIN artifact ON artifact.run = maker.number"
    " JOIN artifact_read ON artifact_read.uri = artifact.uri"
    " JOIN run AS reader ON reader.number = artifact_read.run"
    " WHERE maker.id = ANY($1::TEXT[]) AND NOT reader.id = ANY($1::TEXT[])"
    " ORDER BY maker.id, reader.id";
inline constexpr char kFindPinsOf[] =
    "SELECT run.id, pin.uri FROM run JOIN artifact ON artifact.run = run.number"
    " JOIN pin ON pin.uri = artifact.uri WHERE run.id = ANY($1::TEXT[])"
    " ORDER BY run.id, pin.uri";
inline constexpr char kInsertDeletions[] =
    "INSERT INTO deletion (run, volume)"
    " SELECT * FROM unnest($1::TEXT[], $2::TEXT[])";
inline constexpr char kPendingDeletions[] =
    "SELECT run, volume FROM deletion ORDER BY number";
inline constexpr char kFinishDeletion[] = "DELETE FROM deletion WHERE run = $1";
inline constexpr const char* kDeleteRuns[] = {
    "DELETE FROM artifact WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM artifact_read WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM cached_step WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM wish WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM event WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM step WHERE run = ANY($1::BIGINT[])",
    "DELETE FROM run WHERE number = ANY($1::BIGINT[])",
};

// Pipelines. Who applies one waits for who applies another of the same name.
inline constexpr char kLockPipeline[] =
    "SELECT pg_advisory_xact_lock(1400139620, hashtext($1))";
inline constexpr char kNewestPipeline[] =
    "SELECT yaml, body FROM pipeline WHERE name = $1"
    " ORDER BY version DESC LIMIT 1";
inline constexpr char kGetPipeline[] =
    "SELECT yaml, body FROM pipeline WHERE name = $1 AND version = $2";
inline constexpr char kInsertPipeline[] =
    "INSERT INTO pipeline (name, version, yaml, body) VALUES ($1, $2, $3, $4)";
inline constexpr char kListPipelines[] =
    "SELECT DISTINCT ON (name) body FROM pipeline ORDER BY name, version DESC";

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_SQL_H_
