"""The same training as train_bench, in Python with torch.

  python -m tests.bench.training.torch_bench [--seconds 0.05]
      [--repetitions 5] [SIZE…]

SIZE is hidden/batch/steps, or `job`. Prints a JSON object: for each name of
train_bench (job/python, train/…/python, infer/…/python) the microseconds of
every repetition. One thread, as the stages have.
"""

import argparse
import json
import time

import torch

from tests.bench.pipeline import reference


def reference_job():
    """Training of the reference; data of the same shape."""
    reference.fit(
        torch.rand(96, 4, 1) * 500,
        torch.rand(96, 1) * 500,
        torch.rand(40, 4, 1) * 500,
        torch.rand(40, 1) * 500,
    )


def train_step(hidden, batch, steps):
    model, loss_of = reference.make_model(hidden), torch.nn.MSELoss()
    x, y = torch.rand(batch, steps, 1), torch.rand(batch, 1)

    def run():
        model.zero_grad()
        loss_of(model(x), y).backward()

    return run


def inference(hidden, batch, steps):
    model = reference.make_model(hidden).eval()
    x = torch.rand(batch, steps, 1)

    def run():
        with torch.no_grad():
            model(x)

    return run


def microseconds(run, seconds, repetitions):
    run()
    start = time.perf_counter()
    run()
    count = max(1, int(seconds / (time.perf_counter() - start)))
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        for _ in range(count):
            run()
        times.append((time.perf_counter() - start) / count * 1e6)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("sizes", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # As PrepareTorchThread does: otherwise saturated gates make some steps a
    # hundred times slower.
    torch.set_flush_denormal(True)

    def measure(run):
        return microseconds(run, arguments.seconds, arguments.repetitions)

    results = {}
    for size in arguments.sizes:
        if size == "job":
            results["job/python"] = measure(reference_job)
            continue
        sizes = [int(part) for part in size.split("/")]
        results[f"train/{size}/python"] = measure(train_step(*sizes))
        results[f"infer/{size}/python"] = measure(inference(*sizes))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
