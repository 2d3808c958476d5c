"""What a run costs above the work itself."""

import contextlib
import sqlite3
import statistics
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
SESSION = "4 short tasks, their ends told over a stream"


@contextlib.contextmanager
def committing(count):
    """What is yielded asks for the milliseconds of so many commits, each of one
    small row."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        database = sqlite3.connect(file.name, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")

        def ask():
            times = []
            for _ in range(count):
                started = time.perf_counter()
                database.execute("INSERT INTO t (body) VALUES (zeroblob(500))")
                times.append(1e3 * (time.perf_counter() - started))
            return {"each_ms": times}

        yield ask
        database.close()


def micro(program, repeats):
    """The nanoseconds of each benchmark of `program`; the CPU time of all its
    threads where it measures that."""
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
            name, *measures = entry["run_name"].split("/process_time")
            name = name.removesuffix("/real_time")
            time = entry["cpu_time" if measures else "real_time"]
            times.setdefault(name, []).append(time)
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
        Row(COMMIT, SQLITE, "ms", peer),
        ours(ALONE, "ms", alone),
        Row(
            ALONE,
            "off: one write to the log",
            "ms",
            each("BM_CommitByPage", 1),
        ),
    ]


def thread_rows(repeats):
    """What it costs to have short tasks done by threads that sleep, and to tell
    of their ends."""
    times = micro("pool_bench", repeats) | micro("session_bench", repeats)

    def of(name):
        return [time / 1e3 for time in times[name]]

    note = "CPU time of all threads"
    woken_by = "off: a thread is woken for each"
    sender_by = "off: whoever ends sends"
    return [
        ours(POOL, "us", of("BM_Pool"), note=note),
        Row(POOL, woken_by, "us", of("BM_PlainPool"), note=note),
        ours(SESSION, "us", of("BM_Sender"), note=note),
        Row(SESSION, sender_by, "us", of("BM_NoSender"), note=note),
    ]


def in_turns(benches, rounds):
    """What is measured by each, all of them shortly once before any again: what
    else the machine does meets all alike."""
    measured = {name: {} for name in benches}
    with contextlib.ExitStack() as stack:
        asks = {
            name: stack.enter_context(bench) for name, bench in benches.items()
        }
        for _ in range(rounds):
            for name, ask in asks.items():
                join(measured[name], ask())
    return measured


def parts(values, count):
    """Cuts values into so many parts, alike and in their order."""
    size = len(values) // count
    return [values[i * size : (i + 1) * size] for i in range(count)]


def middle(values, part=0.5):
    """Of sorted values the one that this part of them is below."""
    return values[int(part * (len(values) - 1))]


def join(figures, more):
    """Adds the values of each figure, or of each of its parts."""
    for name, values in more.items():
        if isinstance(values, dict):
            join(figures.setdefault(name, {}), values)
        else:
            figures.setdefault(name, []).extend(values)


# Its allocator comes before the one that our programs are linked with.
THEIRS = {"LD_PRELOAD": "libstdc++.so.6 libc.so.6"}

# By name: what stagecoach-runs-bench is told, and in which environment.
GOES = {
    "noop": (["--workload=noop"], {}),
    "bare": (["--workload=bare"], THEIRS),
    "least": (["--workload=relay", "--callers=1"], THEIRS),
    "rows": (["--workload=relay", "--callers=1", "--run-rows"], {}),
    "plain": (["--workload=noop"], THEIRS),
    "checked": (["--workload=noop"], {"STAGECOACH_CHECK_LOCK_ORDER": "1"}),
    "told": (["--workload=noop", "--events"], {}),
    "alone": (["--workload=noop", "--call-each-execution"], {}),
    "read": (["--workload=noop", "--by-version"], {}),
}

LAX = "nothing durable"
PYTHON = "loop over 4 Python gRPC servers"
BARE = "4 bare C++ gRPC calls"
SQLITE = "sqlite3, one row"
LEAST = "limit: two nested calls and two synced commits"
LEAST_ROWS = "limit: the same, with all that a run leaves in the store"
ALONE_CALLS = "off: one stream for all executions of a replica"
TOLD = "off: callers are spared the events"
READ = "off: pipelines in memory, planned without a hand-over"
PLAIN = "off: jemalloc"
CHECKED = "off: no checks of lock order"


def bench(flags, environment):
    """Measures one go at each turn."""
    return programs.answering(
        [
            programs.BIN / "stagecoach-runs-bench",
            "--in-turns",
            "--seconds=0.5",
            "--runs=100",
            "--warm-up=20",
            *flags,
        ],
        **environment,
    )


class Figures:
    """What was measured in turns, in so many parts of all turns."""

    def __init__(self, measured, count):
        self.measured = measured
        self.count = count

    def p(self, part, name):
        """Milliseconds that this part of one caller's runs stays below."""
        each = parts(self.measured[name]["each_ms"], self.count)
        return [middle(sorted(times), part) for times in each]

    def rate(self, name):
        each = parts(self.measured[name]["rate"], self.count)
        return [statistics.mean(rates) for rates in each]

    def cpu(self, key):
        return "CPU us a run: " + ", ".join(
            f"{name} {statistics.mean(values):.0f}"
            for name, values in self.measured["noop"][key].items()
        )


def time_rows(figures):
    """How long one caller waits for a run."""

    def of(part, what, by, name, note=""):
        return Row(what, by, "ms", figures.p(part, name), note=note)

    p50 = ours(P50, "ms", figures.p(0.5, "noop"), note=figures.cpu("one_us"))
    return [
        aim(p50, 1.3),
        of(0.5, P50, PYTHON, "python", LAX),
        of(0.5, P50, BARE, "bare", LAX),
        of(0.5, P50, LEAST, "least", "one step"),
        of(0.5, P50, LEAST_ROWS, "rows", "one step"),
        of(0.5, P50, ALONE_CALLS, "alone"),
        of(0.5, P50, TOLD, "told"),
        of(0.5, P50, READ, "read"),
        of(0.5, P50, PLAIN, "plain"),
        aim(ours(P99, "ms", figures.p(0.99, "noop")), 5),
        of(0.99, P99, PYTHON, "python", LAX),
        of(0.99, P99, BARE, "bare", LAX),
        of(0.99, P99, ALONE_CALLS, "alone"),
    ]


def rate_rows(figures):
    """How many runs a second there are with many callers."""
    rate = ours(RATE, "/s", figures.rate("noop"), note=figures.cpu("many_us"))
    return [
        aim(rate, 3500),
        Row(RATE, PYTHON, "/s", figures.rate("python"), note=LAX),
        Row(RATE, BARE, "/s", figures.rate("bare"), note=LAX),
        Row(RATE, ALONE_CALLS, "/s", figures.rate("alone")),
        Row(RATE, TOLD, "/s", figures.rate("told")),
        Row(RATE, READ, "/s", figures.rate("read")),
        Row(RATE, PLAIN, "/s", figures.rate("plain")),
        Row(RATE, CHECKED, "/s", figures.rate("checked")),
    ]


def measure(options):
    repeats, rounds = (1, 1) if options.quick else (5, 15)
    benches = {name: bench(*go) for name, go in GOES.items()}
    benches["commit"] = committing(100)
    benches["python"] = peers.over_servers_in_turns(
        ["noop"] * 4, runs=100, seconds=0.5
    )
    measured = in_turns(benches, rounds)
    figures = Figures(measured, repeats)
    rows = [
        *time_rows(figures),
        *rate_rows(figures),
        *commit_rows(repeats, figures.p(0.5, "commit")),
        *thread_rows(repeats),
    ]
    return rows, (
        "## Where the time of a no-op run goes\n\n"
        "As its record says: one caller.\n\n"
        + phases(measured["noop"]["times_ms"])
    )
