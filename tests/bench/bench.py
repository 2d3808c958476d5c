"""Measures Stagecoach beside what people use today.

  python -m tests.bench.bench [--quick] [PART…]

From the repository's root, with the packages of tests/bench/requirements.txt;
bazel-free-scripts/bench.sh sees to both. Each part leaves its figures in
build/bench/PART.json; RESULTS.md is made of those of all parts that are there.
"""

import argparse
import dataclasses
import importlib
import json
import os
import sys
import time
import traceback

from tests.bench import machine, programs, rows, yardsticks

KEPT = programs.kept()
RESULTS = programs.ROOT / "tests/bench/RESULTS.md"

# What measures each, as module:function: it is given the options and returns
# rows, and Markdown with more about them, perhaps empty. Small parts: one that
# fails, or is measured anew, takes no other with it.
PARTS = {
    "pipeline": "tests.bench.pipeline.part:measure",
    "training": "tests.bench.training.part:measure",
    "runs": "tests.bench.runs.part:measure",
    "data": "tests.bench.data.part:measure",
    "start": "tests.bench.start.part:measure",
    "footprint": "tests.bench.start.part:measure_footprint",
    "steps": "tests.bench.scale.part:measure_steps",
    "crowd": "tests.bench.scale.part:measure_crowd",
    "history": "tests.bench.scale.part:measure_history",
    "curve": "tests.bench.training.curve:measure",
}

INTRODUCTION = """# Measured

By `bazel-free-scripts/bench.sh`, on one machine, ours and others' of a part in
one run; what each row measures and how is in [README.md](README.md).
`x as good`: how many times as fast, as many or as small Stagecoach's median is.
"""


def measure(name, options):
    started = time.monotonic()
    module, function = PARTS[name].split(":")
    part = getattr(importlib.import_module(module), function)
    measured, details = part(options)
    seconds = time.monotonic() - started
    kept = {
        "rows": [dataclasses.asdict(row) for row in measured],
        "details": details,
        "machine": machine.describe(),
        "load": os.getloadavg()[0],
        "quick": options.quick,
    }
    (KEPT / f"{name}.json").write_text(json.dumps(kept, indent=1))
    print(f"{name:24} {seconds:7.1f} s", file=sys.stderr)


def report():
    """Everything that is kept, as Markdown."""
    kept = {
        name: json.loads((KEPT / f"{name}.json").read_text())
        for name in PARTS
        if (KEPT / f"{name}.json").exists()
    }
    machines = sorted({part["machine"] for part in kept.values()})
    text = INTRODUCTION + "\n" + "\n\n".join(machines) + "\n"
    # What an older bench has kept may lack it.
    loads = [
        f"{name} {part['load']:.1f}"
        for name, part in kept.items()
        if "load" in part
    ]
    text += f"One-minute load at the end of each part: {', '.join(loads)}.\n"
    if any(part["quick"] for part in kept.values()):
        text += "\nMeasured with `--quick`: few repetitions, small sizes.\n"
    all_rows = [
        rows.Row(**row) for part in kept.values() for row in part["rows"]
    ]
    yardsticks.scale(all_rows)
    text += "\n" + yardsticks.table(all_rows) + "\n"
    text += "\n" + rows.table(all_rows) + "\n"
    for part in kept.values():
        if part["details"]:
            text += "\n" + part["details"].strip() + "\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(
            f"unknown part {', '.join(sorted(unknown))}; "
            f"known: {', '.join(PARTS)}"
        )
    failed = []
    for name in options.parts or PARTS:
        try:
            measure(name, options)
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        if not options.quick:
            RESULTS.write_text(report())
    print(report())
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
