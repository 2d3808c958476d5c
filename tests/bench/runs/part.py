"""What a run costs above the work itself."""

import sqlite3
import tempfile
import time

from tests.bench import programs
from tests.bench.pipeline import peers
from tests.bench.rows import Row, aim, ours, phases

P50 = "a run of 4 no-op steps, p50"
P99 = "a run of 4 no-op steps, p99"
RATE = "runs of 4 no-op steps, 64 callers"
COMMIT = "a new run of 4 steps made durable"
ALONE = "the same, in a commit of its own"
POOL = "64 short tasks on a pool of 16 threads"


def commits(count):
    """Seconds of each of so many commits of one small row."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        database = sqlite3.connect(file.name, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")
        times = []
        for _ in range(count):
            started = time.perf_counter()
            database.execute("INSERT INTO t (body) VALUES (zeroblob(500))")
            times.append(time.perf_counter() - started)
        database.close()
    return times


def micro(program, repeats):
    """The nanoseconds of each benchmark of `program`."""
    output = programs.run_json(
        [
            programs.BIN / program,
            "--benchmark_format=json",
            f"--benchmark_repetitions={repeats}",
            "--benchmark_enable_random_interleaving",
        ],
        STAGECOACH_BENCH_FOLDER=str(programs.kept()),
    )
    times = {}
    for entry in output["benchmarks"]:
        if entry["run_type"] == "iteration":
            name = entry["run_name"].removesuffix("/real_time")
            times.setdefault(name, []).append(entry["real_time"])
    return times


def commit_rows(repeats, peer):
    """What a new run of four steps costs the store."""
    times = micro("commit_bench", repeats)

    def each(name, runs):
        return [time / 1e6 / runs for time in times[f"{name}/{runs}"]]

    grouped, alone = each("BM_Commit", 64), each("BM_Commit", 1)
    return [
        ours(COMMIT, "ms", grouped, note="64 runs in one commit"),
        Row(COMMIT, "off: grouping of commits", "ms", alone),
        Row(COMMIT, "sqlite3, one row", "ms", peer),
        ours(ALONE, "ms", alone),
        Row(
            ALONE,
            "off: one write to the log",
            "ms",
            each("BM_CommitByPage", 1),
        ),
    ]


def pool_rows(repeats):
    """What it costs to have short tasks done by threads that sleep."""
    times = micro("pool_bench", repeats)

    def of(name):
        return [time / 1e3 for time in times[name]]

    return [
        ours(POOL, "us", of("BM_Pool")),
        Row(POOL, "off: threads woken one by one", "us", of("BM_PlainPool")),
    ]


def in_turns(goes, bench, repeats):
    """What `bench` measures of each, all of them once before any again: what
    else the machine does meets all alike."""
    measured = {}
    for _ in range(repeats):
        for name, go in goes.items():
            join(measured.setdefault(name, {}), bench(*go))
    return measured


def join(figures, more):
    """Adds the values of each figure, or of each of its parts."""
    for name, values in more.items():
        if isinstance(values, dict):
            join(figures.setdefault(name, {}), values)
        else:
            figures.setdefault(name, []).extend(values)


def measure(options):
    repeats = 1 if options.quick else 5
    seconds = 1 if options.quick else 2

    # Its allocator comes before the one that our programs are linked with.
    theirs = {"LD_PRELOAD": "libstdc++.so.6 libc.so.6"}
    goes = {
        "noop": (["--workload=noop"], {}),
        "bare": (["--workload=bare"], theirs),
        "least": (["--workload=relay", "--callers=1"], theirs),
        "plain": (["--workload=noop"], theirs),
        "checked": (["--workload=noop"], {"STAGECOACH_CHECK_LOCK_ORDER": "1"}),
        "told": (["--workload=noop", "--events"], {}),
        "alone": (["--workload=noop", "--call-each-execution"], {}),
        "read": (["--workload=noop", "--by-version"], {}),
    }

    def bench(flags, environment):
        return programs.run_json(
            [
                programs.BIN / "stagecoach-runs-bench",
                f"--seconds={seconds}",
                f"--runs={50 if options.quick else 1000}",
                f"--warm-up={20 if options.quick else 200}",
                *flags,
            ],
            **environment,
        )

    measured = in_turns(goes, bench, repeats)
    noop, bare, least = (measured[name] for name in ("noop", "bare", "least"))
    alone_by = "off: one stream for all executions of a replica"
    plain_by = "off: jemalloc"
    read_by = "off: pipelines in memory, planned without a hand-over"
    told_by = "off: callers are spared the events"
    python = peers.over_servers(
        ["noop"] * 4, runs=50 if options.quick else 1000, seconds=seconds
    )
    python_ms = sorted(1e3 * seconds for seconds in python["times"])
    commit_ms = sorted(1e3 * seconds for seconds in commits(1000))

    def cpu(key):
        return "CPU us a run: " + ", ".join(
            f"{name} {min(values):.0f}" for name, values in noop[key].items()
        )

    def middle(values, part=0.5):
        return [values[int(part * (len(values) - 1))]]

    least_by = "limit: two nested calls and two synced commits"
    bare_by = "4 bare C++ gRPC calls"
    python_by = "loop over 4 Python gRPC servers"
    lax = "nothing durable"
    rows = [
        aim(ours(P50, "ms", noop["p50_ms"], note=cpu("one_us")), 1.3),
        Row(P50, python_by, "ms", middle(python_ms), note=lax),
        Row(P50, bare_by, "ms", bare["p50_ms"], note=lax),
        Row(P50, least_by, "ms", least["p50_ms"], note="one step"),
        Row(P50, alone_by, "ms", measured["alone"]["p50_ms"]),
        Row(P50, told_by, "ms", measured["told"]["p50_ms"]),
        Row(P50, read_by, "ms", measured["read"]["p50_ms"]),
        Row(P50, plain_by, "ms", measured["plain"]["p50_ms"]),
        aim(ours(P99, "ms", noop["p99_ms"]), 5),
        Row(P99, python_by, "ms", middle(python_ms, 0.99), note=lax),
        Row(P99, bare_by, "ms", bare["p99_ms"], note=lax),
        Row(P99, alone_by, "ms", measured["alone"]["p99_ms"]),
        aim(ours(RATE, "/s", noop["rate"], note=cpu("many_us")), 3500),
        Row(RATE, python_by, "/s", [python["rate"]], note=lax),
        Row(RATE, bare_by, "/s", bare["rate"], note=lax),
        Row(RATE, alone_by, "/s", measured["alone"]["rate"]),
        Row(RATE, told_by, "/s", measured["told"]["rate"]),
        Row(RATE, read_by, "/s", measured["read"]["rate"]),
        Row(RATE, plain_by, "/s", measured["plain"]["rate"]),
        Row(
            RATE,
            "off: no checks of lock order",
            "/s",
            measured["checked"]["rate"],
        ),
        *commit_rows(repeats, middle(commit_ms)),
        *pool_rows(repeats),
    ]
    return rows, (
        "## Where the time of a no-op run goes\n\n"
        "As its record says: one caller.\n\n" + phases(noop["times_ms"])
    )
