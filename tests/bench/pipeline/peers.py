"""The reference pipeline, and runs of no-op steps, by plain Python."""

import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from tests.bench import programs
from tests.bench.pipeline import reference

DATA = programs.ROOT / "deploy/data/airline-passengers.csv"


@contextlib.contextmanager
def folder_with_data():
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(DATA, name)
        yield pathlib.Path(name)


def as_processes():
    """Seconds of one run, each step a process of its own."""
    with folder_with_data() as folder:
        started = time.perf_counter()
        for step in reference.STEPS:
            subprocess.run(
                [sys.executable, "-m", reference.__name__, step, str(folder)],
                check=True,
                cwd=programs.ROOT,
            )
        return time.perf_counter() - started


WARM = """
import pathlib, sys, time
from tests.bench.pipeline import reference
folder = pathlib.Path(sys.argv[1])
def run():
    for step in reference.STEPS.values():
        step(folder)
run()
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    run()
    print(time.perf_counter() - started)
"""


def in_one_process(runs):
    """Seconds of each run in one process that has run it before."""
    with folder_with_data() as folder:
        output = subprocess.run(
            [sys.executable, "-c", WARM, str(folder), str(runs)],
            check=True,
            cwd=programs.ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    return [float(line) for line in output.split()]


def over_servers(steps, **options):
    """As python_loop prints it, over a server for each step; also the MiB that
    each server has resident then (`rss_mib`)."""
    servers = []
    with contextlib.ExitStack() as stack:
        command = [sys.executable, "-m", "tests.bench.pipeline.python_loop"]
        if steps[0] != "noop":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            command.append(f"--folder={folder}")
        for step in steps:
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.pipeline.python_stage"]
                + [step],
                cwd=programs.ROOT,
                stdout=subprocess.PIPE,
            )
            servers.append(server)
            stack.callback(server.wait)
            stack.callback(server.kill)
            command.append(f"--port={int(server.stdout.readline())}")
        command += [f"--{name}={value}" for name, value in options.items()]
        result = programs.run_json(command)
        result["rss_mib"] = [programs.resident_mib(s.pid) for s in servers]
        return result
