// The SQL statements by which the orchestrators that share a PostgreSQL
// database agree.

#ifndef ORCHESTRATOR_STORE_POSTGRES_COORDINATION_SQL_H_
#define ORCHESTRATOR_STORE_POSTGRES_COORDINATION_SQL_H_

namespace stagecoach::postgres {

// Places of pipelines that limit their runs. One gives them out at a time. A
// run that is about to end is waited for: it gives back what it has by then.
inline constexpr char kLockPlaces[] =
    "SELECT pg_advisory_xact_lock(1400139622)";
inline constexpr char kRequestPlaces[] =
    "INSERT INTO place (run, pipeline, run_limit, priority, create_time,"
    " request, taken) SELECT number, pipeline, run_limit, priority,"
    " create_time, request, false FROM (SELECT run.number, run.pipeline,"
    " new.run_limit, new.priority, run.create_time, new.request FROM"
    " unnest($2::TEXT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[])"
    " AS new (id, run_limit, priority, request) JOIN run ON run.id = new.id"
    " WHERE run.holder = $1 AND run.state = 1"
    " ORDER BY run.id FOR SHARE OF run) AS pending"
    " ON CONFLICT (run) DO UPDATE SET request = excluded.request";
// Of each pipeline the first 1000 that wait are looked at. The next in line
// holds up those behind it.
inline constexpr char kGiveFreePlaces[] =
    "UPDATE place SET taken = true FROM run"
    " WHERE run.number = place.run AND place.run IN (SELECT place.run"
    " FROM place WHERE place.run IN (SELECT line.run FROM (SELECT ranked.run,"
    " bool_and(ranked.rank + ranked.used <= ranked.run_limit)"
    " OVER (PARTITION BY ranked.pipeline ORDER BY ranked.rank) AS fits"
    " FROM (SELECT waiting.run, waiting.run_limit, limited.pipeline,"
    " row_number() OVER (PARTITION BY limited.pipeline ORDER BY"
    " waiting.priority DESC, waiting.create_time, waiting.run) AS rank,"
    " limited.used FROM (SELECT wanted.pipeline, (SELECT COUNT(*)"
    " FROM place AS other WHERE other.taken"
    " AND other.pipeline = wanted.pipeline) AS used FROM"
    " (SELECT DISTINCT pipeline FROM place WHERE NOT taken) AS wanted)"
    " AS limited"
    " CROSS JOIN LATERAL (SELECT free.run, free.run_limit, free.priority,"
    " free.create_time FROM place AS free JOIN run ON run.number = free.run"
    " JOIN lease ON lease.holder = run.holder AND NOT lease.ended"
    " WHERE free.pipeline = limited.pipeline AND NOT free.taken"
    " AND run.state = 1 ORDER BY free.priority DESC, free.create_time,"
    " free.run LIMIT 1000) AS waiting) AS ranked) AS line WHERE line.fits)"
    " ORDER BY place.run FOR UPDATE) RETURNING run.holder";
inline constexpr char kPlacesOf[] =
    "SELECT run.id, place.request FROM place"
    " JOIN run ON run.number = place.run"
    " WHERE place.taken AND run.state = 1 AND run.holder = $1";
inline constexpr char kLeavePlaces[] =
    "DELETE FROM place WHERE run IN (SELECT run FROM place"
    " WHERE run = ANY($1::BIGINT[]) ORDER BY run FOR UPDATE)";

// Work for cache keys. A run that is about to pause or to end is waited for.
inline constexpr char kLeadWork[] =
    "WITH asking AS (SELECT number FROM run WHERE id = $2"
    " AND state IN (1, 2, 3) FOR SHARE)"
    " INSERT INTO work (cache_key, run, position, wanted)"
    " SELECT $1, number, $3::BIGINT, false FROM asking"
    " ON CONFLICT (cache_key) DO UPDATE SET wanted = work.wanted"
    " OR (work.run, work.position) <> (excluded.run, excluded.position)"
    " RETURNING ((run, position) IN"
    " (SELECT number, $3::BIGINT FROM asking))::INT::BIGINT";
inline constexpr char kLeaveWork[] =
    "WITH gone AS (DELETE FROM work WHERE run = ANY($1::BIGINT[])"
    " OR (run, position) IN"
    " (SELECT * FROM unnest($2::BIGINT[], $3::BIGINT[])) RETURNING wanted)"
    " SELECT pg_notify('stagecoach', '')"
    " WHERE EXISTS (SELECT 1 FROM gone WHERE wanted)";

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_COORDINATION_SQL_H_
