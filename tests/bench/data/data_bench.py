"""Measures how fast data moves, beside what people use today.

  data_bench.py [--rows N] [--repeats N] [--folder FOLDER] [--json]

Makes a wide CSV file (10 columns, 10,000,000 rows, about 1 GB) and a tensor
of 1 GiB, and measures each way of reading and writing them in a process of its
own: median and spread of the times, and the most memory that the process had.
Needs numpy; pandas, pyarrow and torch are measured if they are installed.
Prints a Markdown table, or JSON.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BUILD = pathlib.Path(os.environ.get("STAGECOACH_BUILD", ROOT / "build/release"))
BENCH = BUILD / "tests/bench/data/data_bench"

COLUMNS = 10
ROWS_AT_ONCE = 250_000

# Each prints the seconds that the work itself took, imports left out.
PEERS = {
    "pandas": """
import pandas
start = time.perf_counter()
pandas.read_csv("wide.csv", usecols=["c3"], dtype="float32")
""",
    "pyarrow": """
from pyarrow import csv
start = time.perf_counter()
csv.read_csv("wide.csv", convert_options=csv.ConvertOptions(
    include_columns=["c3"]))
""",
    "pandas gzip": """
import pandas
start = time.perf_counter()
pandas.read_csv("wide.csv.gz", usecols=["c3"], dtype="float32")
""",
    "numpy windows": """
import numpy
from numpy.lib.stride_tricks import sliding_window_view
series = numpy.arange(12_500_008, dtype="float32")
start = time.perf_counter()
sliding_window_view(series, 8).copy()
""",
    "torch.save": """
import torch
values = torch.arange(1 << 28, dtype=torch.float32)
start = time.perf_counter()
torch.save(values, "peer.pt")
""",
    "torch.load": """
import torch
start = time.perf_counter()
torch.load("peer.pt").sum()
""",
    "cp": """
import subprocess
start = time.perf_counter()
subprocess.run(["cp", "x.safetensors", "peer.copy"], check=True)
""",
    "cp and sync": """
import subprocess
start = time.perf_counter()
subprocess.run(["cp", "x.safetensors", "peer.copy"], check=True)
subprocess.run(["sync", "peer.copy"], check=True)
""",
}

# What is measured: a name, ours, and the peers that do the same work.
CASES = [
    ("one column of a wide CSV", "BM_CsvColumn", ["pandas", "pyarrow"]),
    ("the same, gzip", "BM_GzipColumn", ["pandas gzip"]),
    ("windows, 1e8 values", "BM_Windows", ["BM_Memcpy", "numpy windows"]),
    (
        "write 1 GiB, digested and synced",
        "BM_ArtifactWrite",
        ["cp", "cp and sync", "torch.save"],
    ),
    ("read 1 GiB, verified", "BM_ArtifactRead", ["cp", "torch.load"]),
]


def make_csv(path, rows):
    """Writes `rows` lines of ten numbers each."""
    import numpy

    generator = numpy.random.default_rng(0)
    with path.open("wb") as file:
        names = ",".join(f"c{i}" for i in range(COLUMNS))
        file.write(f"{names}\n".encode())
        lines = []
        for _ in range(1000):
            values = generator.normal(0, 1000, COLUMNS)
            lines.append(",".join(f"{value:.5f}" for value in values))
        block = ("\n".join(lines) + "\n").encode()
        for _ in range(rows // len(lines)):
            file.write(block)


def make_tensor(path):
    import numpy

    header = json.dumps(
        {
            "x": {
                "dtype": "F32",
                "shape": [1 << 28],
                "data_offsets": [0, 1 << 30],
            }
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        numpy.arange(1 << 28, dtype="float32").tofile(file)


def run(command, folder):
    """Runs a process; returns its output and the most memory it had."""
    environment = os.environ | {"STAGECOACH_BENCH_FOLDER": str(folder)}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(errors.strip().splitlines()[-1])
    return output


def measure(name, folder):
    """Returns the seconds that one go takes, and its peak memory in MiB."""
    if name.startswith("BM_"):
        command = [
            str(BENCH),
            f"--benchmark_filter=^{name}(/|$)",
            "--benchmark_format=json",
            "--benchmark_min_time=0.01",
        ]
        command = [sys.executable, __file__, "--child", *command]
        output, peak = json.loads(run(command, folder))
        (result,) = json.loads(output)["benchmarks"]
        if result.get("error_occurred"):
            raise RuntimeError(result["error_message"])
        return result["real_time"] / 1000, peak
    code = f"import time\n{PEERS[name]}print(time.perf_counter() - start)"
    command = [sys.executable, __file__, "--child", sys.executable, "-c", code]
    output, peak = json.loads(run(command, folder))
    return float(output), peak


def child(command):
    """Runs one command and prints its output and peak memory, which can only be
    told of all children of a process together."""
    import resource

    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps([done.stdout, peak]))


def measure_all(folder, repeats):
    results = []
    for case, ours, peers in CASES:
        for name in [ours, *peers]:
            try:
                goes = [measure(name, folder) for _ in range(repeats)]
            except RuntimeError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            seconds = [go[0] for go in goes]
            results.append(
                {
                    "case": case,
                    "name": "stagecoach" if name == ours else name,
                    "seconds": statistics.median(seconds),
                    "least": min(seconds),
                    "most": max(seconds),
                    "peak_mib": max(go[1] for go in goes),
                }
            )
            for file in folder.glob("peer.copy"):
                file.unlink()
            subprocess.run(["rm", "-rf", folder / "written"], check=True)
    return results


def table(results):
    lines = [
        "| what | by | median s | least to most | of Stagecoach's | peak MiB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for result in results:
        ours = next(
            other["seconds"]
            for other in results
            if other["case"] == result["case"] and other["name"] == "stagecoach"
        )
        lines.append(
            f"| {result['case']} | {result['name'].removeprefix('BM_')} "
            f"| {result['seconds']:.3f} "
            f"| {result['least']:.3f} to {result['most']:.3f} "
            f"| {result['seconds'] / ours:.2f} x "
            f"| {result['peak_mib']:.0f} |"
        )
    return "\n".join(lines)


def main():
    if sys.argv[1:2] == ["--child"]:
        return child(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        make_csv(folder / "wide.csv", options.rows)
        subprocess.run(["gzip", "-1", "-k", folder / "wide.csv"], check=True)
        make_tensor(folder / "x.safetensors")
        started = time.monotonic()
        results = measure_all(folder, options.repeats)
        print(json.dumps(results) if options.json else table(results))
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
