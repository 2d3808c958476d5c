"""Compares training here with training by torch and prints Markdown.

  training.py --bench build/release/bin/train_bench \
      --python VENV/bin/python [--repetitions 5] [--seconds 0.05] [--filter RE]

VENV has torch of requirements.txt. Every cell is the median of the repetitions;
the spread is (largest - smallest) / median of the one that varies most in a
row. `x` columns are Python's time divided by ours and libtorch's by ours: more
is better, and the method that the product chooses is the one compared.
"""

import argparse
import collections
import json
import pathlib
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
METHODS = ("torch", "products", "fused", "step")


def run_bench(arguments):
    """Times by name in microseconds, and the methods chosen by size."""
    output = subprocess.run(
        [
            arguments.bench,
            "--benchmark_format=json",
            f"--benchmark_repetitions={arguments.repetitions}",
            f"--benchmark_min_time={arguments.seconds}",
            "--benchmark_enable_random_interleaving=true",
            f"--benchmark_filter={arguments.filter}",
        ],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ).stdout
    times, chosen = collections.defaultdict(list), {}
    for entry in json.loads(output)["benchmarks"]:
        if entry["run_type"] != "iteration" or entry.get("error_occurred"):
            continue
        name = entry["name"]
        times[name].append(entry["real_time"])
        if entry.get("label") == "chosen":
            size, method = name.rsplit("/", 1)
            # A step without autograd goes before the method inside it.
            if method == "step" or chosen.get(size) != "step":
                chosen[size] = method
    return times, chosen


def run_torch(arguments, sizes):
    output = subprocess.run(
        [
            arguments.python,
            HERE / "torch_bench.py",
            f"--repetitions={arguments.repetitions}",
            f"--seconds={arguments.seconds}",
            *sizes,
        ],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    return json.loads(output)


def text_of(microseconds):
    if microseconds >= 1e5:
        return f"{microseconds / 1e6:.2f} s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.1f} ms"
    return f"{microseconds:.0f} us"


def spread_of(rows):
    return max((max(row) - min(row)) / statistics.median(row) for row in rows)


def print_table(title, names, columns, rows):
    """rows: of a name, the times by column and the column that is ours."""
    print(f"\n{title}\n")
    print("| " + " | ".join([*names, *columns]), end=" | ")
    print("x Python | x libtorch | spread |")
    print("|" + "---|" * (len(names) + len(columns) + 3))
    for name, times, ours in rows:
        median = {key: statistics.median(value) for key, value in times.items()}
        cells = [*name]
        for column in columns:
            cell = text_of(median[column]) if column in median else "-"
            cells.append(f"**{cell}**" if column == ours else cell)
        for other in ("python", "torch"):
            cells.append(f"{median[other] / median[ours]:.1f}")
        cells.append(f"{100 * spread_of(times.values()):.0f} %")
        print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--filter", default=".*")
    arguments = parser.parse_args()

    times, chosen = run_bench(arguments)
    sizes = {}
    for name in times:
        sizes[re.sub(r"^(train|infer)/|/?[a-z]+$", "", name)] = None
    names = ["job" if size == "job" else size for size in sizes]
    times.update(run_torch(arguments, names))

    def times_of(prefix):
        return {
            method: times[f"{prefix}/{method}"]
            for method in ("python", *METHODS, "trainer")
            if f"{prefix}/{method}" in times
        }

    if "job" in sizes:
        print_table(
            "Reference job (1,200 steps and 11 evaluations)",
            [],
            ["python", "torch", "products", "fused", "trainer"],
            [([], times_of("job"), "trainer")],
        )
    for kind, title in (
        ("train", "Forward, loss and backward"),
        ("infer", "Forward without gradients"),
    ):
        rows = [
            (
                size.split("/"),
                times_of(f"{kind}/{size}"),
                chosen[f"{kind}/{size}"],
            )
            for size in sizes
            if f"{kind}/{size}" in chosen
        ]
        columns = [
            c for c in ("python", *METHODS) if kind == "train" or c != "step"
        ]
        print_table(title, ["hidden", "batch", "steps"], columns, rows)


if __name__ == "__main__":
    main()
