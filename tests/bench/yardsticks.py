"""How fast a machine is, beside the one that the goals were set on.

A goal in seconds says little on a machine half as fast: the same programs of
other people, which no work of ours changes, tell the difference.
"""

from tests.bench.pipeline import part as pipeline
from tests.bench.rows import number
from tests.bench.runs import part as runs
from tests.bench.training import part as training

# What was measured, by whom, and its median where the goals were set.
YARDSTICKS = [
    (training.JOB, "Python torch", 0.77),
    (pipeline.ONE, "one warm Python process", 0.79),
    (pipeline.ONE, "four Python processes", 6.8),
    (runs.P50, "loop over 4 Python gRPC servers", 1.7),
    (runs.RATE, "loop over 4 Python gRPC servers", 1050),
    (runs.P50, "4 bare C++ gRPC calls", 0.52),
    (runs.RATE, "4 bare C++ gRPC calls", 10_000),
    (runs.COMMIT, "sqlite3, one row", 0.18),
]


def table(rows):
    lines = [
        "| how fast this machine is | by | where the goals were set | here "
        "| times as fast |",
        "|---|---|---:|---:|---:|",
    ]
    for what, by, there in YARDSTICKS:
        for row in rows:
            if (row.what, row.by) != (what, by):
                continue
            unit = row.unit if row.unit == "/s" else f" {row.unit}"
            faster = (
                row.median / there if row.unit == "/s" else (there / row.median)
            )
            lines.append(
                f"| {what} | {by} | {number(there)}{unit} "
                f"| {number(row.median)}{unit} | {number(faster)} |"
            )
    return "\n".join(lines)
