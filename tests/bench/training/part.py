"""The reference training job, by every method."""

from tests.bench.rows import Row, aim_times, ours
from tests.bench.training import timings

JOB = "the reference training job"
# Methods of train_bench, in words.
METHODS = {
    "torch": "libtorch, plainly",
    "products": "off: fused LSTM; matrix products, autograd",
    "fused": "off: step without autograd; fused LSTM",
}


def measure(options):
    by_size, _ = timings.measure("^job", 1 if options.quick else 9, 0.2)
    seconds = {
        method: [time / 1e6 for time in times]
        for method, times in by_size["job"].items()
    }
    own = ours(JOB, "s", seconds["trainer"], note="1,200 steps, 11 evaluations")
    python = Row(JOB, "Python torch", "s", seconds["python"])
    aim_times(own, python, 10)
    others = [Row(JOB, by, "s", seconds[m]) for m, by in METHODS.items()]
    return [own, python, *others], ""
