"""The reference training job, by every method."""

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
    repeats = 1 if options.quick else 7
    by_size, chosen = timings.measure("^job", repeats, 0.2)
    seconds = {
        method: [time / 1e6 for time in times]
        for method, times in by_size["job"].items()
    }
    own = ours(JOB, "s", seconds["trainer"], note="1,200 steps, 11 evaluations")
    python = Row(JOB, "Python torch", "s", seconds["python"])
    aim_times(own, python, 10)
    others = [Row(JOB, by, "s", seconds[m]) for m, by in METHODS.items()]
    others += narrower_rows(chosen["job"], repeats)
    return [own, python, *others, *large_rows(options)], ""


def narrower_rows(kernel, repeats):
    """The job by the next narrower vectors, if there are any."""
    rows = []
    for narrower in KERNELS[KERNELS.index(kernel) + 1 :][:1]:
        times, _ = timings.ours(
            "^job/trainer$", repeats, 0.2, ATEN_CPU_CAPABILITY=narrower
        )
        seconds = [time / 1e6 for time in times["job/trainer"]]
        by = f"off: the {kernel} kernel; {narrower}"
        rows.append(Row(JOB, by, "s", seconds))
    return rows


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
