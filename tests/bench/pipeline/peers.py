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


@contextlib.contextmanager
def serving(steps):
    """A server for each step: the processes, and the loop's command."""
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
        yield servers, command


def words(options):
    return [f"--{name}={value}" for name, value in options.items()]


def over_servers(steps, **options):
    """As python_loop prints it, over a server for each step; also the MiB that
    each server has resident then (`rss_mib`)."""
    with serving(steps) as (servers, command):
        result = programs.run_json(command + words(options))
        result["rss_mib"] = [programs.resident_mib(s.pid) for s in servers]
        return result


@contextlib.contextmanager
def over_servers_in_turns(steps, **options):
    """What is yielded asks for the same, in the words of stagecoach-runs-bench:
    `each_ms` and `rate`."""
    with serving(steps) as (_, command):
        command += ["--in-turns", *words(options)]
        with programs.answering(command) as ask:

            def ask_in_ms():
                answer = ask()
                each_ms = [1e3 * seconds for seconds in answer["times"]]
                return {"each_ms": each_ms, "rate": [answer["rate"]]}

            yield ask_in_ms
