"""A home-made orchestrator in Python: a loop over the servers of
python_stage.py, by one caller and by many at once.

  python -m tests.bench.pipeline.python_loop --port N… [--callers 64]
      [--runs 500] [--seconds 5] [--folder FOLDER] [--in-turns]

Prints a JSON object: the seconds of each run of one caller (`times`), and how
many runs a second all callers end (`rate`), each at least one. With --in-turns
it does so for each line that it is given, after some runs that do not count.
"""

import argparse
import json
import pathlib
import shutil
import sys
import threading
import time

import grpc

from tests.bench.pipeline import python_stage

WARM_UP = 20  # runs at the begin of a turn

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
DATA = ROOT / "deploy/data/airline-passengers.csv"


def request_of(folder, caller):
    """Every caller has a folder of its own, if runs have files at all."""
    if folder is None:
        return b""
    own = folder / str(caller)
    own.mkdir(exist_ok=True)
    shutil.copy(DATA, own)
    return str(own).encode()


def run(calls, request):
    for call in calls:
        call(request)


def rate(calls, requests, seconds):
    end = time.monotonic() + seconds
    counts = [0] * len(requests)

    def go_on(caller):
        while counts[caller] == 0 or time.monotonic() < end:
            run(calls, requests[caller])
            counts[caller] += 1

    started = time.monotonic()
    threads = [
        threading.Thread(target=go_on, args=(caller,))
        for caller in range(len(requests))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - started)


def measure(calls, requests, options):
    times = []
    for _ in range(options.runs):
        started = time.perf_counter()
        run(calls, requests[0])
        times.append(time.perf_counter() - started)
    result = {"times": times, "rate": rate(calls, requests, options.seconds)}
    print(json.dumps(result), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, action="append", required=True)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--in-turns", action="store_true")
    options = parser.parse_args()

    calls = [
        grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(
            python_stage.METHOD
        )
        for port in options.port
    ]
    requests = [
        request_of(options.folder, caller) for caller in range(options.callers)
    ]
    run(calls, requests[0])  # imports, connections
    if not options.in_turns:
        measure(calls, requests, options)
        return
    for _ in sys.stdin:
        for _ in range(WARM_UP):
            run(calls, requests[0])
        measure(calls, requests, options)


if __name__ == "__main__":
    main()
