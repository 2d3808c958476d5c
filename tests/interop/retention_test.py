"""A web of runs that share artifacts: who made what, and which runs may go."""

import grpc
import pytest
from client import DEADLINE_SECONDS, Client, run_request
from cluster import Cluster
from stagecoach.v1 import orchestrator_pb2 as api

QUICK = {"epochs": 20}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A cluster of its own: collecting deletes what other tests look at."""
    with Cluster(tmp_path_factory.mktemp("retention")) as running:
        yield running


@pytest.fixture(scope="module")
def user(own):
    with Client(own.orchestrator_address) as connected:
        yield connected


def collect(user, keep_last, dry_run=False):
    return user.call(
        "CollectGarbage",
        api.CollectGarbageRequest(
            policy=api.RetentionPolicy(keep_last=keep_last), dry_run=dry_run
        ),
    )


def pin(user, uri, unpin=False):
    return user.call(
        "PinArtifact", api.PinArtifactRequest(uri=uri, unpin=unpin)
    )


def lineage(user, uri):
    return user.call("GetLineage", api.GetLineageRequest(uri=uri))


def uses(found):
    return {(use.run_id, use.step, use.input) for use in found.used_by}


def run_folders(own):
    return {folder.name for folder in (own.volume / "runs").iterdir()}


def execute(user, inputs=None, cache_mode=api.CACHE_MODE_UNSPECIFIED):
    request = run_request("airline", QUICK, inputs)
    request.cache_mode = cache_mode
    reports = user.stub.ExecuteRun(
        api.ExecuteRunRequest(run=request), timeout=DEADLINE_SECONDS
    )
    run = list(reports)[-1].ended
    assert run.state == api.RUN_STATE_SUCCEEDED, run.error
    return run


def retry_of_a_cancelled_run(user):
    """Returns (the run, its retry): that took over what was done, and is
    cancelled in training, too."""
    run = user.create("airline", parameters={"epochs": 1_000_000})
    for response in user.call("WatchRun", api.WatchRunRequest(run_id=run.id)):
        if response.event.progress.step == "train":
            user.call("CancelRun", api.CancelRunRequest(run_id=run.id))
    retry = user.call("RetryRun", api.RetryRunRequest(run_id=run.id)).run
    user.call("CancelRun", api.CancelRunRequest(run_id=retry.id))
    user.watch(retry.id)
    return user.get(run.id), user.get(retry.id)


def output(run, step, name):
    found = next(s for s in run.steps if s.name == step)
    return next(o for o in found.outputs if o.name == name)


@pytest.fixture(scope="module")
def web(user):
    """Runs that need each other's artifacts."""
    source = "pvc://artifacts/data/airline-passengers.csv"
    maker = execute(user, cache_mode=api.CACHE_MODE_ON)
    taker = execute(user, cache_mode=api.CACHE_MODE_ON)
    table = output(maker, "train", "history_table").uri
    request = run_request(
        "airline", {**QUICK, "column": "loss"}, {"source": table}
    )
    reader = user.call("CreateRun", api.CreateRunRequest(run=request)).run
    user.watch(reader.id)
    cancelled, retry = retry_of_a_cancelled_run(user)
    return {
        "source": source,
        "maker": maker,
        "taker": taker,
        "reader": user.get(reader.id),
        "cancelled": cancelled,
        "retry": retry,
    }


def test_lineage_says_what_made_an_artifact(user, web):
    weights = output(web["maker"], "train", "weights")
    found = lineage(user, weights.uri)
    assert found.artifact.run_id == web["maker"].id
    assert (found.artifact.step, found.artifact.attempt) == ("train", 1)
    names = ["X_test", "X_train", "y_test", "y_train"]
    assert [artifact.name for artifact in found.made_from] == names
    assert uses(found) == {(web["maker"].id, "forecast", "weights")}


def test_what_the_cache_took_over_keeps_its_maker(user, web):
    assert {step.reused_from_run for step in web["taker"].steps} == {
        web["maker"].id
    }
    taken = output(web["taker"], "train", "weights")
    found = lineage(user, taken.uri)
    assert found.artifact.run_id == web["maker"].id


def test_lineage_goes_across_runs(user, web):
    table = lineage(user, output(web["maker"], "train", "history_table").uri)
    assert (web["reader"].id, "load", "source") in uses(table)
    made = lineage(user, output(web["reader"], "load", "train").uri)
    assert [a.uri for a in made.made_from] == [table.artifact.artifact.uri]


def test_a_retry_uses_what_it_took_over(user, web):
    windows = output(web["retry"], "prepare", "X_train")
    found = lineage(user, windows.uri)
    assert found.artifact.run_id == web["cancelled"].id
    assert {run for run, _, _ in uses(found)} == {
        web["cancelled"].id,
        web["retry"].id,
    }


def test_lineage_knows_what_runs_were_given(user, web):
    found = lineage(user, web["source"])
    assert found.artifact.run_id == ""
    assert found.artifact.artifact.uri == web["source"]
    assert {run for run, _, _ in uses(found)} == {
        web["maker"].id,
        web["cancelled"].id,
    }
    with pytest.raises(grpc.RpcError) as error:
        lineage(user, "pvc://artifacts/data/nobody.csv")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_only_what_nothing_needs_goes(own, user, web):
    pin(user, output(web["reader"], "load", "train").uri)
    foretold = collect(user, keep_last=1, dry_run=True)
    before = run_folders(own)
    done = collect(user, keep_last=1)
    assert done == foretold
    # The newest stays, and what it took over; the reader is pinned, and what
    # it was given stays with it.
    deleted = {run.run_id for run in done.deleted}
    assert deleted == {web["taker"].id}
    kept = {run.run_id: run.reason for run in done.kept}
    assert kept[web["cancelled"].id] == f"run {web['retry'].id} needs it"
    assert kept[web["maker"].id] == f"run {web['reader'].id} needs it"
    assert "is pinned" in kept[web["reader"].id]
    assert run_folders(own) == before - deleted


def test_what_is_let_go_of_goes(own, user, web):
    pin(user, output(web["reader"], "load", "train").uri, unpin=True)
    done = collect(user, keep_last=1)
    assert {run.run_id for run in done.deleted} == {
        web["maker"].id,
        web["reader"].id,
    }
    assert done.freed_bytes > sum(run.size_bytes for run in done.deleted)
    assert run_folders(own) <= {web["cancelled"].id, web["retry"].id}


def test_what_cannot_be_is_refused(user):
    with pytest.raises(grpc.RpcError) as error:
        user.call("CollectGarbage", api.CollectGarbageRequest())
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as error:
        pin(user, "pvc://artifacts/runs/nobody/load/1/train.safetensors")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
