"""How fast a machine is, beside the one that the goals were set on.

A goal in seconds says little on a machine half as fast: the same programs of
other people, which no work of ours changes, tell the difference. On a machine
that is faster the goals stay as they were set.
"""

from tests.bench.pipeline import part as pipeline
from tests.bench.rows import keeps, limit_text, number
from tests.bench.runs import part as runs
from tests.bench.training import part as training

PYTHON = "one warm Python process"
SERVERS = "four Python gRPC servers"

# What was measured, by whom, and its median where the goals were set.
YARDSTICKS = {
    (training.JOB, "Python torch"): 0.77,
    (pipeline.ONE, PYTHON): 0.79,
    (pipeline.ONE, "four Python processes"): 6.8,
    (pipeline.MANY, SERVERS): 0.7,
    (runs.P50, runs.PYTHON): 1.7,
    (runs.RATE, runs.PYTHON): 1050,
    (runs.P50, runs.BARE): 0.52,
    (runs.RATE, runs.BARE): 10_000,
    (runs.COMMIT, runs.SQLITE): 0.18,
}

# The yardstick that a goal was set beside.
BESIDE = {
    pipeline.ONE: (pipeline.ONE, PYTHON),
    pipeline.MANY: (pipeline.MANY, SERVERS),
    runs.P50: (runs.P50, runs.PYTHON),
    runs.P99: (runs.P50, runs.PYTHON),
    runs.RATE: (runs.RATE, runs.BARE),
}


def scale(rows):
    """Judges goals by what their yardstick takes here."""
    medians = {(row.what, row.by): row.median for row in rows}
    for row in rows:
        beside = BESIDE.get(row.what)
        if row.limit is None or beside not in medians:
            continue
        here = row.limit * medians[beside] / YARDSTICKS[beside]
        eased = here < row.limit if row.unit == "/s" else here > row.limit
        if not eased:
            continue
        there = limit_text(row, row.limit)
        row.goal = f"{there}; here {limit_text(row, here)}"
        row.met = keeps(row, here)


def table(rows):
    lines = [
        "| how fast this machine is | by | where the goals were set | here "
        "| times as fast |",
        "|---|---|---:|---:|---:|",
    ]
    for (what, by), there in YARDSTICKS.items():
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
