"""The reference pipeline as a whole: one run, and as many as go at once."""

from tests.bench import programs
from tests.bench.pipeline import peers, reference
from tests.bench.rows import Row, aim, ours, phases

ONE = "a warm reference run, four steps, durable"
MANY = "reference runs, all processors busy"


def measure(options):
    repeats, seconds, peer_runs = (1, 2, 1) if options.quick else (5, 3, 3)
    bench = programs.run_json(
        [
            programs.BIN / "stagecoach-runs-bench",
            "--workload=airline",
            f"--repeats={repeats}",
            f"--seconds={seconds}",
            "--runs=20",
            "--callers=16",
            "--slots=4",
            "--warm-up=5",
        ]
    )
    processes = [peers.as_processes() for _ in range(min(repeats, 2))]
    warm = peers.in_one_process(runs=peer_runs)
    servers = peers.over_servers(
        list(reference.STEPS),
        callers=4 if options.quick else 16,
        runs=peer_runs,
        seconds=1,
    )
    cpu = {
        name: f"{min(values) / 1e3:.0f}"
        for name, values in bench["one_us"].items()
    }
    note = "CPU ms: " + ", ".join(f"{k} {v}" for k, v in cpu.items())
    one = [ms / 1e3 for ms in bench["p50_ms"]]
    rows = [
        aim(ours(ONE, "s", one, note=note), 0.1),
        Row(ONE, "four Python processes", "s", processes, note="not durable"),
        Row(ONE, "one warm Python process", "s", warm, note="not durable"),
        Row(
            ONE,
            "four warm Python gRPC servers",
            "s",
            servers["times"],
            note="not durable",
        ),
        aim(ours(MANY, "/s", bench["rate"], note="16 callers"), 20),
        Row(
            MANY,
            "four Python gRPC servers",
            "/s",
            [servers["rate"]],
            note="16 callers; not durable",
        ),
    ]
    return rows, (
        "## Where the time of a reference run goes\n\n"
        "As its record says: one caller.\n\n" + phases(bench["times_ms"])
    )
