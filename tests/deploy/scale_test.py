"""Replicas that come and go while runs train: as an autoscaler makes them, on
real processes. The name of the stage is one that only a file knows, so that it
can be changed as a headless Service changes."""

import json
import signal
import time

import pytest
from conftest import value_of
from system import System, wait_until

NAME = "stage-train.test"
# The orchestrator looks a name up every 5 s, and every second in trouble; this
# machine may have much else to do.
FOUND_SECONDS = 30
# Runs that are there at once, and how long each is to train on this machine:
# long enough to be moved about.
RUNS = 4
TRAIN_SECONDS = 4


class Name:
    """A DNS name that has the addresses we give it, by nss_wrapper."""

    def __init__(self, folder):
        self._file = folder / "hosts"
        self.environment = {
            "LD_PRELOAD": "libnss_wrapper.so",
            # A sanitizer allows of no second C library.
            "NSS_WRAPPER_DISABLE_DEEPBIND": "1",
            "NSS_WRAPPER_HOSTS": str(self._file),
        }

    def point_to(self, addresses):
        lines = [f"{address} {NAME}\n" for address in addresses]
        new = self._file.with_suffix(".new")
        new.write_text("".join(lines) or "127.0.0.1 nobody.test\n")
        new.rename(self._file)


class Train:
    """The replicas of train: 127.0.0.2 and up, all on one port."""

    def __init__(self, system, name):
        self._system, self._name = system, name
        self._last, self._port = 1, 0
        self.replicas = {}

    @property
    def address(self):
        return f"dns:///{NAME}:{self._port}"

    def add(self):
        self._last += 1
        host = f"127.0.0.{self._last}"
        server = self._system.start_stage(
            "train",
            f"train-{self._last}",
            f"{host}:{self._port}",
            # Nothing is done in time: all of it has to be handed over.
            ["--drain-timeout=0s"],
        )
        self._port = int(server.grpc.rpartition(":")[2])
        self.replicas[host] = server
        self._name.point_to(self.replicas)
        return server

    def remove(self):
        """As a pod goes: SIGTERM, and out of the name at once."""
        host, server = next(iter(self.replicas.items()))
        del self.replicas[host]
        self._name.point_to(self.replicas)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        return server


@pytest.fixture
def cluster(tmp_path):
    with System(tmp_path) as system:
        name = Name(tmp_path)
        train = Train(system, name)
        train.add()
        addresses = {
            stage: system.start_stage(stage).grpc
            for stage in ("load", "prepare", "forecast")
        }
        addresses["train"] = train.address
        system.start_orchestrator(addresses, environment=name.environment)
        yield system, train


def is_training(server):
    started = "stagecoach_stage_executions_running"
    return value_of(server, started) > 0


def long_training(system):
    """Arguments of a run that trains for about TRAIN_SECONDS."""
    epochs = 400
    run = system.await_end(system.start_run(f"--set=epochs={epochs}"))
    step = next(s for s in run["steps"] if s["name"] == "train")
    took = step["attempts"][-1]["times"]["compute"]
    each = float(took.removesuffix("s")) / epochs
    epochs = round(TRAIN_SECONDS / each)
    interval = max(1, round(0.3 / each))
    return f"--set=epochs={epochs}", f"--set=checkpoint_interval={interval}"


class Load:
    """More runs than replicas, for as long as somebody asks for it."""

    def __init__(self, system):
        self._system = system
        self._arguments = long_training(system)
        self.runs = []

    def _going(self):
        done = self._system.command("runs", "--limit=1000", "-o", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return sum(
            run["state"] in ("RUN_STATE_PENDING", "RUN_STATE_RUNNING")
            for run in json.loads(done.stdout)["runs"]
        )

    def until_busy(self, servers):
        """Goes on until each of these trains."""

        def busy():
            for _ in range(RUNS - self._going()):
                seed = f"--set=seed={len(self.runs)}"
                new = self._system.start_run(*self._arguments, seed)
                self.runs.append(new)
            return all(map(is_training, servers))

        wait_until(busy, FOUND_SECONDS, "busy")


def test_scaling_up_and_down_under_load_fails_no_run(cluster):
    system, train = cluster
    load = Load(system)
    load.until_busy(train.replicas.values())

    found = []
    for _ in range(2):
        new = train.add()
        start = time.monotonic()
        load.until_busy([new])
        found.append(time.monotonic() - start)
    for _ in range(2):
        load.until_busy(train.replicas.values())
        train.remove()
    load.until_busy([train.add()])
    load.until_busy(train.replicas.values())
    train.remove()
    train.add()

    ended = [system.await_end(run_id) for run_id in load.runs]
    assert {run["state"] for run in ended} == {"RUN_STATE_SUCCEEDED"}
    steps = [s for run in ended for s in run["steps"] if s["name"] == "train"]
    attempts = [a for step in steps for a in step["attempts"]]
    lost = [a for a in attempts if a["state"] == "ATTEMPT_STATE_LOST"]
    assert len(lost) >= 2, "nothing was handed over"
    resumed = sum(
        value_of(server, "stagecoach_train_resumes_total ")
        for server in train.replicas.values()
    )
    assert resumed >= 1
    print(
        f"{len(ended)} runs, 4 replicas added and 3 removed: {len(lost)} "
        f"executions handed over, none failed; new replicas had work after "
        f"{max(found):.1f} s at most"
    )


def test_a_stage_that_was_scaled_to_zero_wakes_up(tmp_path):
    with System(tmp_path) as system:
        name = Name(tmp_path)
        train = Train(system, name)
        train.add()
        addresses = {
            stage: system.start_stage(stage).grpc
            for stage in ("load", "prepare", "forecast")
        }
        addresses["train"] = train.address
        orchestrator = system.start_orchestrator(
            addresses, ["--scale-to-zero"], name.environment
        )
        train.remove()
        run_id = system.start_run()
        system.await_step(run_id, "train", "QUEUED")
        # What an autoscaler looks at while there is no replica to ask.
        waiting = 'stagecoach_steps_waiting{stage="train"}'
        assert value_of(orchestrator, waiting) == 1
        train.add()
        assert system.await_end(run_id)["state"] == "RUN_STATE_SUCCEEDED"
