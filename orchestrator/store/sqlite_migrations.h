// The schema of the SQLite store.

#ifndef ORCHESTRATOR_STORE_SQLITE_MIGRATIONS_H_
#define ORCHESTRATOR_STORE_SQLITE_MIGRATIONS_H_

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
    R"sql(
      ALTER TABLE run ADD COLUMN holder TEXT NOT NULL DEFAULT '';
      CREATE TABLE wish (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL REFERENCES run,
        kind INTEGER NOT NULL,       -- RunWish::Kind
        reason TEXT NOT NULL
      );
      CREATE INDEX wish_by_run ON wish (run);
      CREATE TABLE cached_step (
        cache_key TEXT NOT NULL,
        time INTEGER NOT NULL,       -- nanoseconds since 1970, of success
        step INTEGER NOT NULL REFERENCES step,
        stage TEXT NOT NULL,         -- name
        PRIMARY KEY (cache_key, time, step)
      ) WITHOUT ROWID;
      CREATE INDEX cached_step_by_stage ON cached_step (stage, time, step);
      CREATE TABLE pin (uri TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE deletion (
        number INTEGER PRIMARY KEY,
        run TEXT NOT NULL UNIQUE,    -- id; its record is gone
        volume TEXT NOT NULL         -- name
      );
    )sql",
};

}  // namespace stagecoach::sql

#endif  // ORCHESTRATOR_STORE_SQLITE_MIGRATIONS_H_
