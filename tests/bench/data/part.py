"""How fast data moves, beside what people use today.

Makes a wide CSV file (10 columns, 10,000,000 rows, about 1 GB) and a tensor of
1 GiB, and measures each way of reading and writing them in a process of its
own, with the most memory that it had.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tests.bench import programs
from tests.bench.rows import OURS, Row, ours, ratio

PEAK = programs.ROOT / "tests/bench/peak.py"
BENCH = programs.BUILD / "tests/bench/data/data_bench"

COLUMNS = 10

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
pandas.read_csv("fifth.csv.gz", usecols=["c3"], dtype="float32")
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
    "limit: SHA-256 alone": """
import hashlib, mmap
file = open("x.safetensors", "rb")
start = time.perf_counter()
hashlib.sha256(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)).digest()
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

# Those of ours that are no peers, in words.
BY = {
    "BM_Memcpy": "memcpy",
    "BM_ArtifactWriteByPiece": "off: written beside the digest",
    "BM_ArtifactReadByPage": "off: pages put in place ahead",
    "BM_ArtifactReadOfACopy": "off: digested where it is mapped",
}

# What is measured: a name, ours, the peers that do the same work, and by which
# we want to be measured: how many times as good as each of them.
CASES = [
    (
        "one column of a wide CSV (1 GB)",
        "BM_CsvColumn",
        ["pandas", "pyarrow"],
        {"pandas": 1, "pyarrow": 1},
    ),
    (
        "the same of a fifth of the rows, gzip",
        "BM_GzipColumn",
        ["pandas gzip"],
        {"pandas gzip": 1},
    ),
    (
        "windows, 1e8 values",
        "BM_Windows",
        ["BM_Memcpy", "numpy windows"],
        {"BM_Memcpy": 0.5},
    ),
    (
        "write 1 GiB, digested and synced",
        "BM_ArtifactWrite",
        ["cp", "cp and sync", "torch.save", "BM_ArtifactWriteByPiece"],
        {"cp and sync": 0.5},
    ),
    (
        "read 1 GiB, verified",
        "BM_ArtifactRead",
        [
            "cp",
            "limit: SHA-256 alone",
            "torch.load",
            "BM_ArtifactReadByPage",
            "BM_ArtifactReadOfACopy",
        ],
        {"cp": 0.5},
    ),
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
    """Runs a process in the folder; returns its output and the most memory that
    it had, in MiB."""
    done = subprocess.run(
        [sys.executable, PEAK, *command],
        cwd=folder,
        env=os.environ | {"STAGECOACH_BENCH_FOLDER": str(folder)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def measure_once(name, folder):
    """Returns the seconds that one go takes, and its peak memory in MiB."""
    if name.startswith("BM_"):
        command = [
            str(BENCH),
            f"--benchmark_filter=^{name}(/|$)",
            "--benchmark_format=json",
            "--benchmark_min_time=0.01",
        ]
        output, peak = run(command, folder)
        (result,) = json.loads(output)["benchmarks"]
        if result.get("error_occurred"):
            raise RuntimeError(result["error_message"])
        return result["real_time"] / 1000, peak
    code = f"import time\n{PEERS[name]}print(time.perf_counter() - start)"
    output, peak = run([sys.executable, "-c", code], folder)
    return float(output), peak


def rows_of(case, folder, repeats):
    what, own, peers, aims = case
    rows = {}
    # In turns: what else the machine does meets all alike.
    goes = {name: [] for name in [own, *peers]}
    for _ in range(repeats):
        for name, done in goes.items():
            # What others have left to be written is not waited for.
            os.sync()
            done.append(measure_once(name, folder))
            for file in folder.glob("peer.copy"):
                file.unlink()
            subprocess.run(["rm", "-rf", folder / "written"], check=True)
    for name, done in goes.items():
        rows[name] = Row(
            what,
            OURS if name == own else BY.get(name, name).lower(),
            "s",
            [seconds for seconds, _ in done],
            note=f"peak {max(peak for _, peak in done):,.0f} MiB",
        )
    if aims:
        rows[own].goal = ", ".join(
            f"{times:g} x {rows[name].by}" for name, times in aims.items()
        )
        rows[own].met = all(
            ratio(rows[name], rows[own]) >= times
            for name, times in aims.items()
        )
    return list(rows.values())


def publish_rows(folder, repeats):
    """A small attempt, published with and without help."""
    goes = {0: [], 6: []}
    for _ in range(repeats):
        for helpers, done in goes.items():
            command = [
                str(BENCH),
                f"--benchmark_filter=^BM_Publish/{helpers}/",
                "--benchmark_format=json",
            ]
            output, _ = run(command, folder)
            (result,) = json.loads(output)["benchmarks"]
            done.append(result["real_time"])
    what = "publish three small outputs, synced"
    return [
        ours(what, "ms", goes[6]),
        Row(what, "off: syncs at once", "ms", goes[0]),
    ]


def measure(options):
    rows = 100_000 if options.quick else 10_000_000
    # Not below /tmp, which may be memory.
    with tempfile.TemporaryDirectory(dir=programs.kept()) as name:
        folder = pathlib.Path(name)
        make_csv(folder / "wide.csv", rows)
        make_csv(folder / "fifth.csv", rows // 5)
        subprocess.run(["gzip", "-1", folder / "fifth.csv"], check=True)
        make_tensor(folder / "x.safetensors")
        repeats = 1 if options.quick else 3
        measured = [rows_of(case, folder, repeats) for case in CASES]
        measured.append(publish_rows(folder, repeats))
    return [row for of_case in measured for row in of_case], ""
