"""The reference training job, by every method."""

import collections

from tests.bench.rows import Row, aim_times, ours
from tests.bench.training import timings

JOB = "the reference training job"
LARGE = "train/1024/8/4"
# Of FusedLstmKernel, the widest vectors first.
KERNELS = ["avx512", "avx2", "default"]
# Methods of train_bench, in words.
METHODS = {
    "torch": "libtorch, plainly",
    "products": "off: fused LSTM; matrix products, autograd",
    "fused": "off: step without autograd; fused LSTM",
}


def measure(options):
    goes, kernels = job_goes(1 if options.quick else 5)

    def seconds(method):
        return [time / 1e6 for time in goes[method]]

    own = ours(
        JOB,
        "s",
        seconds("trainer"),
        note="1,200 steps, 11 evaluations; the kernel: " + kernels[0],
    )
    python = Row(JOB, "Python torch", "s", seconds("python"))
    aim_times(own, python, 10)
    others = [Row(JOB, by, "s", seconds(m)) for m, by in METHODS.items()]
    for narrower in kernels[1:2]:
        by = f"off: {kernels[0]}; {narrower}"
        others.append(Row(JOB, by, "s", seconds(narrower)))
    return [own, python, *others, *large_rows(options)], ""


def job_goes(rounds):
    """The microseconds of the goes of each method and of the next narrower
    kernel, by turns: what else the machine does meets all alike. And the
    kernels that there are, the widest vectors first."""
    goes = collections.defaultdict(list)
    for _ in range(rounds):
        by_size, chosen = timings.measure("^job", 1, 0.2)
        for method, times in by_size["job"].items():
            goes[method] += times
        kernels = KERNELS[KERNELS.index(chosen["job"]) :]
        for narrower in kernels[1:2]:
            times, _ = timings.ours(
                "^job/trainer$", 1, 0.2, ATEN_CPU_CAPABILITY=narrower
            )
            goes[narrower] += times["job/trainer"]
    return goes, kernels


def large_rows(options):
    """A step over matrices of several MiB, with and without huge pages."""
    repeats = 1 if options.quick else 5
    by_size, chosen = timings.measure(f"^{LARGE}/", repeats, 0.1)
    plain, _ = timings.ours(
        f"^{LARGE}/{chosen[LARGE]}$", repeats, 0.1, THP_MEM_ALLOC_ENABLE="0"
    )
    what = "a training step, 1,024 units, 8 sequences of 4"

    def milliseconds(times):
        return [time / 1e3 for time in times]

    times = by_size[LARGE]
    return [
        ours(what, "ms", milliseconds(times[chosen[LARGE]]), note="one thread"),
        Row(what, "Python torch", "ms", milliseconds(times["python"])),
        Row(
            what,
            "libtorch, plainly",
            "ms",
            milliseconds(times["torch"]),
            note="huge pages, too",
        ),
        Row(
            what,
            "off: huge pages",
            "ms",
            milliseconds(plain[f"{LARGE}/{chosen[LARGE]}"]),
        ),
    ]
