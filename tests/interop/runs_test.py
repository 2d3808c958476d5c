"""Runs as an application starts, repeats, follows and cancels them."""

import concurrent.futures

import grpc
import pytest
from client import run_request
from stagecoach.v1 import orchestrator_pb2 as api

ENDLESS = {"epochs": 1_000_000}


def events_until_training(stream):
    """Reads a stream up to the first progress of train; returns the run."""
    created = None
    for report in stream:
        if report.HasField("created"):
            created = report.created
        if report.event.progress.step == "train":
            return created
    raise AssertionError("the run ended before it trained")


def test_one_idempotency_key_makes_one_run(client):
    first = client.create("airline", key="interop-one")
    second = client.create("airline", key="interop-one")
    assert first.id == second.id
    assert client.watch(first.id)[-1].run.state == api.RUN_STATE_SUCCEEDED


def test_many_callers_with_one_key_share_one_run(client):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        runs = list(
            pool.map(
                lambda _: client.create("airline", key="interop-many"),
                range(16),
            )
        )
    assert len({run.id for run in runs}) == 1
    client.watch(runs[0].id)


def test_a_key_of_another_request_is_refused(client):
    run = client.create("airline", key="interop-other")
    with pytest.raises(grpc.RpcError) as error:
        client.create("airline", key="interop-other", parameters={"seed": 9})
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS
    assert "interop-other" in error.value.details()
    client.watch(run.id)


def test_validating_alone_creates_nothing(client):
    before = client.call("ListRuns", api.ListRunsRequest(page_size=1000))
    response = client.call(
        "CreateRun",
        api.CreateRunRequest(run=run_request("airline"), validate_only=True),
    )
    after = client.call("ListRuns", api.ListRunsRequest(page_size=1000))
    assert response.run.id == ""
    assert len(after.runs) == len(before.runs)


def test_two_runs_at_once_do_not_touch_each_other(client):
    def execute(lookback):
        return client.execute("airline", parameters={"lookback": lookback})

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        four, six = pool.map(execute, [4, 6])
    assert four.ended.state == six.ended.state == api.RUN_STATE_SUCCEEDED
    windows = [
        list(run.artifact("prepare", "X_train").tensors[0].shape)
        for run in (four, six)
    ]
    assert windows == [[96, 4, 1], [94, 6, 1]]
    uris = [
        {artifact.uri for artifact in run.artifacts()} for run in (four, six)
    ]
    assert not uris[0] & uris[1]


def test_cancel_stops_training_and_leaves_no_output(client, cluster):
    stream = client.start_execution("airline", parameters=ENDLESS)
    run = events_until_training(stream)
    cancelled = client.call(
        "CancelRun", api.CancelRunRequest(run_id=run.id, reason="seen enough")
    )
    assert cancelled.run.state in (
        api.RUN_STATE_STOPPING,
        api.RUN_STATE_CANCELLED,
    )
    ended = list(stream)[-1].ended
    assert ended.state == api.RUN_STATE_CANCELLED
    assert "seen enough" in ended.error.message
    states = {step.name: step.state for step in ended.steps}
    assert states["prepare"] == api.STEP_STATE_SUCCEEDED
    assert states["train"] == api.STEP_STATE_CANCELLED
    assert states["forecast"] == api.STEP_STATE_SKIPPED
    assert not cluster.run_folder(run.id).joinpath("train", "1").exists()


def test_a_cancelled_run_frees_its_slot_for_the_next(client):
    stream = client.start_execution("airline", parameters=ENDLESS)
    run = events_until_training(stream)
    client.call("CancelRun", api.CancelRunRequest(run_id=run.id))
    after = client.execute("airline")
    assert after.ended.state == api.RUN_STATE_SUCCEEDED


def test_cancelling_a_run_that_has_ended_changes_nothing(client, airline):
    response = client.call("CancelRun", api.CancelRunRequest(run_id=airline.id))
    assert response.run.state == api.RUN_STATE_SUCCEEDED


def test_a_run_goes_on_when_its_caller_goes_away(client):
    stream = client.start_execution("airline")
    run = next(iter(stream)).created
    stream.cancel()
    assert client.watch(run.id)[-1].run.state == api.RUN_STATE_SUCCEEDED


def test_runs_are_listed_newest_first_page_by_page(client):
    newest = client.execute("airline").id
    first = client.call("ListRuns", api.ListRunsRequest(page_size=1))
    second = client.call(
        "ListRuns",
        api.ListRunsRequest(page_size=1, page_token=first.next_page_token),
    )
    assert first.runs[0].id == newest
    assert second.runs[0].id != newest


def test_a_deleted_run_is_gone_and_its_artifacts_stay(client, cluster):
    run = client.execute("airline")
    for _ in range(2):
        client.call("DeleteRun", api.DeleteRunRequest(run_id=run.id))
    with pytest.raises(grpc.RpcError) as error:
        client.get(run.id)
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert cluster.path(run.artifact("train", "weights").uri).exists()


def test_every_stage_says_what_it_takes(client):
    stages = client.call("ListStages", api.ListStagesRequest()).stages
    described = {stage.name: stage.description for stage in stages}
    assert {"load", "prepare", "train", "forecast"} <= set(described)
    assert "epochs" in {spec.name for spec in described["train"].parameters}
    assert all(stage.replicas[0].serving for stage in stages)


def test_who_waits_for_the_result_is_spared_the_events(client):
    request = api.ExecuteRunRequest(
        run=run_request("airline"), without_events=True
    )
    created, ended = client.stub.ExecuteRun(request, timeout=60)
    run = created.created
    assert run == api.Run(id=ended.ended.id, state=run.state)
    assert run.state in (api.RUN_STATE_PENDING, api.RUN_STATE_RUNNING)
    assert ended.ended.state == api.RUN_STATE_SUCCEEDED
