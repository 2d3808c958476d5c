"""How fast the programs start, and how large they are."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

from tests.bench import programs
from tests.bench.pipeline import peers, reference
from tests.bench.rows import Row, aim, ours

STAGES = ["load", "prepare", "train", "forecast"]
NAMES = ["orchestrator", *STAGES]
PATIENCE_SECONDS = 30


def flags_of(name, folder):
    flags = [
        "--listen=127.0.0.1:0",
        "--metrics-listen=127.0.0.1:0",
        f"--volume=artifacts={folder}",
        f"--endpoints-file={folder}/{name}.json",
        "--log-level=warning",
    ]
    if name == "orchestrator":
        flags.append(f"--store=sqlite:{folder}/state.db")
        # Nobody is there: it serves all the same.
        flags.append("--stage=train=127.0.0.1:9")
    return flags


@contextlib.contextmanager
def started(name, folder, programs_in=programs.BIN):
    """A process that serves, and the seconds that this took."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [programs_in / f"stagecoach-{name}", *flags_of(name, folder)],
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoints = folder / f"{name}.json"
        while not endpoints.exists():  # it appears whole, once it serves
            took = time.perf_counter() - began
            if process.poll() is not None or took > PATIENCE_SECONDS:
                raise RuntimeError(f"{name} does not serve")
            time.sleep(0.0005)
        yield process, time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


def start_once(name, programs_in=programs.BIN):
    """Seconds until it serves with an empty store and volume; MiB then."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started(name, pathlib.Path(folder), programs_in) as (process, seconds),
    ):
        return seconds, programs.resident_mib(process.pid)


def libraries(program):
    listed = subprocess.run(
        ["ldd", program], check=True, capture_output=True, text=True
    ).stdout
    return f"`--version`: {len(listed.splitlines())} libraries"


def loading_rows(own, repeats):
    """What is left of a start if the program does nothing, and the start with
    all libraries shared."""
    program = programs.BIN / "stagecoach-orchestrator"
    loading = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(
            [program, "--version"], check=True, stdout=subprocess.DEVNULL
        )
        loading.append(1e3 * (time.perf_counter() - began))
    shared = [
        1e3 * start_once("orchestrator", programs.SHARED_BIN)[0]
        for _ in range(repeats)
    ]
    return [
        Row(
            own.what,
            "off: archives",
            "ms",
            shared,
            note=libraries(programs.SHARED_BIN / program.name),
        ),
        Row(
            own.what,
            "limit: loading and ending",
            "ms",
            loading,
            note=libraries(program),
        ),
    ]


def start_rows(repeats):
    rows, memory = [], {}
    for name in NAMES:
        goes = [start_once(name) for _ in range(repeats)]
        memory[name] = [mib for _, mib in goes]
        row = ours(
            f"start to SERVING: {name}", "ms", [1e3 * s for s, _ in goes]
        )
        rows.append(aim(row, 50) if name == "orchestrator" else row)
        if name == "orchestrator":
            rows.extend(loading_rows(row, repeats))
    for name, values in memory.items():
        row = ours(f"memory, idle: {name}", "MiB", values)
        rows.append(aim(row, 40 if name == "orchestrator" else 160))
    return rows


def growth_rows(runs):
    """Memory after many runs, and after twice as many."""
    measured = programs.run_json(
        [
            programs.BIN / "stagecoach-runs-bench",
            f"--runs={runs}",
            "--seconds=1",
            "--callers=1",
            "--repeats=2",
        ]
    )
    rows = []
    for name, values in measured["rss_mib"].items():
        what = f"memory after {2 * runs:,} runs: {name}"
        rows.append(aim(ours(what, "MiB", values[-1:]), 1.1 * values[-2]))
        rows.append(Row(what, f"after {runs:,} runs", "MiB", values[-2:-1]))
    return rows


def python_rows():
    servers = peers.over_servers(
        list(reference.STEPS), callers=1, runs=1, seconds=0
    )
    total = sum(servers["rss_mib"])
    return [
        Row(
            "memory: four stages, after a run",
            "four Python gRPC servers",
            "MiB",
            [total],
        )
    ]


def four_stages():
    measured = programs.run_json(
        [
            programs.BIN / "stagecoach-runs-bench",
            "--workload=airline",
            "--runs=5",
            "--warm-up=1",
            "--seconds=1",
            "--callers=1",
            "--slots=1",
        ]
    )
    total = sum(measured["rss_mib"][stage][-1] for stage in STAGES)
    return ours("memory: four stages, after a run", "MiB", [total])


def size_rows():
    return [
        ours(
            f"size of the program: {name}",
            "MiB",
            [(programs.BIN / f"stagecoach-{name}").stat().st_size / 2**20],
        )
        for name in NAMES
    ]


def measure(options):
    return start_rows(1 if options.quick else 15) + size_rows(), ""


def measure_footprint(options):
    rows = [four_stages(), *python_rows()]
    return rows + growth_rows(50 if options.quick else 10_000), ""
