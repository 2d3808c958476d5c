"""How long training takes by each method: what train_bench and torch_bench
measure, together."""

import collections
import re
import sys

from tests.bench import programs

BENCH = programs.BIN / "train_bench"


def ours(pattern, repeats, seconds, **environment):
    """Times by name in microseconds; and the methods chosen by size, for the
    size `job` the kernel. The methods of a size come one right after the other:
    they meet the same moments of a machine whose speed changes."""
    output = programs.run_json(
        [
            BENCH,
            "--benchmark_format=json",
            f"--benchmark_repetitions={repeats}",
            f"--benchmark_min_time={seconds}",
            f"--benchmark_filter={pattern}",
        ],
        **environment,
    )
    times, chosen = collections.defaultdict(list), {}
    for entry in output["benchmarks"]:
        if entry["run_type"] != "iteration" or entry.get("error_occurred"):
            continue
        name = entry["name"]
        times[name].append(entry["real_time"])
        if name == "job/trainer":
            chosen["job"] = entry["label"]
        if entry.get("label") == "chosen":
            size, method = name.rsplit("/", 1)
            # A step without autograd goes before the method inside it.
            if method == "step" or chosen.get(size) != "step":
                chosen[size] = method
    return times, chosen


def _python(sizes, repeats, seconds):
    return programs.run_json(
        [
            sys.executable,
            "-m",
            "tests.bench.training.torch_bench",
            f"--repetitions={repeats}",
            f"--seconds={seconds}",
            *sizes,
        ]
    )


def measure(pattern, repeats, seconds):
    """Of every benchmark whose name fits: `kind/size` (or `job`) to the times
    of each method in microseconds; and the same to the method chosen, `job` to
    the kernel."""
    times, chosen = ours(pattern, repeats, seconds)
    names = {}  # in their order
    for name in times:
        names[re.sub(r"^(train|infer)/|/?[a-z]+$", "", name) or "job"] = None
    times.update(_python(names, repeats, seconds))
    by_size = collections.defaultdict(dict)
    for name, values in times.items():
        size, method = name.rsplit("/", 1)
        by_size[size][method] = values
    return by_size, chosen
