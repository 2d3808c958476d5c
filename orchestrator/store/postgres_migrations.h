// The schema of the PostgreSQL store.

#ifndef ORCHESTRATOR_STORE_POSTGRES_MIGRATIONS_H_
#define ORCHESTRATOR_STORE_POSTGRES_MIGRATIONS_H_

namespace stagecoach::postgres {

// The schema by version: kMigrations[n] makes version n + 1 out of version n,
// in a PostgreSQL schema `stagecoach` of its own. Never change one that has
// been released; add another.
//
// Text that is only compared by its bytes has collation "C". Rows that belong
// to a run carry its number; they are written and deleted in the transactions
// that write and delete it, so no foreign keys check them again.
inline constexpr const char* kMigrations[] = {
    R"sql(
      CREATE TABLE specification (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        pipeline TEXT COLLATE "C" NOT NULL,  -- name
        version BIGINT NOT NULL,
        digest TEXT COLLATE "C" NOT NULL,
        body BYTEA NOT NULL,                 -- v1.Pipeline
        UNIQUE (pipeline, version, digest)
      );
      CREATE SEQUENCE run_number;
      CREATE TABLE run (
        number BIGINT PRIMARY KEY,           -- of run_number
        id TEXT COLLATE "C" NOT NULL UNIQUE,
        pipeline TEXT COLLATE "C" NOT NULL,  -- name
        state BIGINT NOT NULL,               -- v1.RunState
        create_time BIGINT NOT NULL,         -- nanoseconds since 1970
        lease_epoch BIGINT NOT NULL,         -- counts, not that of the body
        event_count BIGINT NOT NULL,
        holder TEXT COLLATE "C" NOT NULL,    -- counts, not that of the body
        specification BIGINT NOT NULL,
        request_digest TEXT NOT NULL,
        idempotency_key TEXT COLLATE "C" UNIQUE,
        body BYTEA NOT NULL                  -- v1.Run without pipeline and steps
      ) WITH (fillfactor = 70);
      CREATE INDEX run_by_time ON run (create_time, number);
      CREATE INDEX run_by_pipeline ON run (pipeline, create_time, number);
      CREATE INDEX run_by_state ON run (state, create_time, number);
      CREATE INDEX run_by_pipeline_and_state
        ON run (pipeline, state, create_time, number);
      CREATE INDEX run_unfinished ON run (create_time, number)
        WHERE state IN (1, 2, 3, 7);
      CREATE TABLE step (
        run BIGINT NOT NULL,
        position BIGINT NOT NULL,
        summary BYTEA NOT NULL,              -- v1.Step as lists show it
        body BYTEA NOT NULL,                 -- v1.Step
        PRIMARY KEY (run, position)
      ) WITH (fillfactor = 70);
      CREATE TABLE event (
        run BIGINT NOT NULL,
        cursor BIGINT NOT NULL,
        body BYTEA NOT NULL,                 -- v1.RunEvent
        PRIMARY KEY (run, cursor)
      );
      CREATE TABLE artifact (
        uri TEXT COLLATE "C" PRIMARY KEY,
        run BIGINT NOT NULL,
        position BIGINT NOT NULL             -- of the step
      );
      CREATE INDEX artifact_by_run ON artifact (run);
      CREATE TABLE artifact_read (
        uri TEXT COLLATE "C" NOT NULL,
        run BIGINT NOT NULL,
        step TEXT COLLATE "C" NOT NULL,      -- name
        input TEXT COLLATE "C" NOT NULL,     -- name; empty: taken over
        PRIMARY KEY (uri, run, step, input)
      );
      CREATE INDEX artifact_read_by_run ON artifact_read (run);
      CREATE TABLE cached_step (
        cache_key TEXT COLLATE "C" NOT NULL,
        time BIGINT NOT NULL,                -- nanoseconds since 1970
        run BIGINT NOT NULL,
        position BIGINT NOT NULL,
        stage TEXT COLLATE "C" NOT NULL,     -- name
        PRIMARY KEY (cache_key, time, run, position)
      );
      CREATE INDEX cached_step_by_stage
        ON cached_step (stage, time, run, position);
      CREATE INDEX cached_step_by_run ON cached_step (run);
      CREATE TABLE pin (uri TEXT COLLATE "C" PRIMARY KEY);
      CREATE TABLE deletion (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run TEXT COLLATE "C" NOT NULL UNIQUE,  -- id; its record is gone
        volume TEXT NOT NULL                 -- name
      );
      CREATE TABLE lease (
        holder TEXT COLLATE "C" PRIMARY KEY,
        end_time TIMESTAMPTZ NOT NULL,
        ended BOOLEAN NOT NULL               -- for good
      );
      CREATE TABLE wish (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run BIGINT NOT NULL,
        kind BIGINT NOT NULL,                -- RunWish::Kind
        reason BYTEA NOT NULL                -- text, which may hold anything
      );
      CREATE INDEX wish_by_run ON wish (run);
      CREATE TABLE pipeline (
        name TEXT COLLATE "C" NOT NULL,
        version BIGINT NOT NULL,
        yaml BYTEA NOT NULL,                 -- text, which may hold anything
        body BYTEA NOT NULL,                 -- v1.Pipeline
        PRIMARY KEY (name, version)
      );
    )sql",
    R"sql(
      CREATE TABLE place (
        run BIGINT PRIMARY KEY,              -- number; it has not ended
        pipeline TEXT COLLATE "C" NOT NULL,  -- name
        run_limit BIGINT NOT NULL,
        priority BIGINT NOT NULL,
        create_time BIGINT NOT NULL,         -- nanoseconds since 1970, of run
        request BIGINT NOT NULL,             -- PlaceRequest::number
        taken BOOLEAN NOT NULL               -- otherwise it waits
      );
      CREATE INDEX place_waiting
        ON place (pipeline, priority DESC, create_time, run) WHERE NOT taken;
      CREATE INDEX place_taken ON place (pipeline) WHERE taken;
    )sql",
    R"sql(
      CREATE TABLE work (
        cache_key TEXT COLLATE "C" PRIMARY KEY,
        run BIGINT NOT NULL,                 -- of the step that does it
        position BIGINT NOT NULL,
        wanted BOOLEAN NOT NULL              -- another waits for its end
      );
      CREATE INDEX work_by_step ON work (run, position);
    )sql",
};

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_MIGRATIONS_H_
