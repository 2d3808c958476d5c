"""What the tests share: a system that has done a bit of everything, watched by
a real Prometheus."""

import contextlib
import dataclasses
import time

import pytest
from prometheus import Prometheus
from system import STAGES, System, wait_until

SCRAPE_SECONDS = 30
# Long enough to be in the middle of at any moment.
ENDLESS = ("--set=epochs=100000000", "--set=checkpoint_interval=20")


@dataclasses.dataclass
class Observed:
    system: System
    prometheus: Prometheus
    start: float
    end: float


def start_everything(system):
    """Two replicas of train, one of the others."""
    addresses = {s: system.start_stage(s).grpc for s in STAGES}
    second = system.start_stage("train", "train-2")
    addresses["train"] += f",{second.grpc}"
    system.start_orchestrator(addresses)


def succeed(system):
    system.run()
    system.run("--set=epochs=60", "--set=checkpoint_interval=10")
    for _ in range(2):
        system.run("--idempotency-key=once")
    done = system.command("gc", "--keep-last=1", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr


def fail(system):
    done = system.command("run", "airline", "--set=column=Nobody")
    assert done.returncode != 0


def cancel(system):
    run_id = system.start_run(*ENDLESS)
    system.await_step(run_id, "train", "RUNNING")
    assert system.command("cancel", run_id).returncode == 0
    system.await_end(run_id)


def overload(system, prometheus):
    """More to train than slots, for as long as it takes Prometheus to see it;
    then none."""
    runs = [system.start_run(*ENDLESS) for _ in range(3)]
    demand = 'stagecoach:stage_demand:executions{stage="train"} == 3'
    wait_until(lambda: prometheus.query(demand), SCRAPE_SECONDS, "overloaded")
    saved = "rate(stagecoach_train_checkpoint_seconds_count[1m]) > 0"
    wait_until(lambda: prometheus.query(saved), SCRAPE_SECONDS, "checkpointed")
    for run_id in runs:
        assert system.command("cancel", run_id).returncode == 0
        system.await_end(run_id)


def lose_a_replica(system):
    """Kills the one that trains; the other goes on from the checkpoint."""
    run_id = system.start_run(*ENDLESS)
    run = system.await_step(run_id, "train", "RUNNING")
    train = next(step for step in run["steps"] if step["name"] == "train")
    address = train["attempts"][0]["replica"]
    metric = "stagecoach_train_checkpoints_total"
    lost = next(
        s for s in system.servers.values() if s.grpc == address and s.running()
    )
    saved = f'{metric}{{outcome="saved"}} '
    before = value_of(lost, saved)
    wait_until(
        lambda: value_of(lost, saved) > before, SCRAPE_SECONDS, "checkpointed"
    )
    lost.kill()

    def taken_over():
        train = next(
            s for s in system.get(run_id)["steps"] if s["name"] == "train"
        )
        return len(train["attempts"]) > 1

    wait_until(taken_over, SCRAPE_SECONDS, "taken over")
    other = next(
        s
        for s in system.servers.values()
        if s.name.startswith("train") and s is not lost
    )
    wait_until(
        lambda: value_of(other, "stagecoach_train_resumes_total ") > 0,
        SCRAPE_SECONDS,
        "resumed",
    )
    system.command("cancel", run_id)
    system.await_end(run_id)


def value_of(server, start):
    """The value on the line of a scrape that starts so."""
    for line in server.scrape().splitlines():
        if line.startswith(start):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"{server.name} exports no {start}")


@contextlib.contextmanager
def observe(folder):
    """The system after the mixed load, still running."""
    with (
        System(folder / "system") as system,
        Prometheus(folder / "prometheus") as prometheus,
    ):
        start = time.time()
        start_everything(system)
        prometheus.watch(system.servers.values())
        wait_until(
            lambda: prometheus.targets_up() == len(system.servers),
            SCRAPE_SECONDS,
            "scraped",
        )
        for part in (succeed, fail, cancel):
            part(system)
        overload(system, prometheus)
        lose_a_replica(system)
        # What has happened last is in once the rules have been evaluated on a
        # scrape that is later.
        settled = time.time() + 3
        wait_until(lambda: time.time() > settled, SCRAPE_SECONDS, "settled")
        yield Observed(system, prometheus, start, time.time())


@pytest.fixture(scope="session")
def observed(tmp_path_factory):
    with observe(tmp_path_factory.mktemp("deploy")) as seen:
        yield seen
