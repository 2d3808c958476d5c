"""The reference run, seen from Python: every shape, value and range that it is
known for, read with the tools that a data scientist has."""

import hashlib
import json

import numpy
import pytest
import safetensors
import safetensors.numpy
from stagecoach.v1 import artifact_pb2
from stagecoach.v1 import orchestrator_pb2 as api

STEPS = ["load", "prepare", "train", "forecast"]
SHAPES = {
    "train": (100, 1),
    "test": (44, 1),
    "forecast": (4, 1),
    "X_train": (96, 4, 1),
    "y_train": (96, 1),
    "X_test": (40, 4, 1),
    "y_test": (40, 1),
    "X_forecast": (1, 4, 1),
    "y_forecast": (1, 1),
}
WEIGHTS = {
    "lstm.weight_ih_l0": (200, 1),
    "lstm.weight_hh_l0": (200, 50),
    "lstm.bias_ih_l0": (200,),
    "lstm.bias_hh_l0": (200,),
    "linear.weight": (1, 50),
    "linear.bias": (1,),
}


def tensor(cluster, artifact):
    """Opens an artifact with one tensor, in one line as promised."""
    path = cluster.path(artifact.uri)
    return safetensors.numpy.load_file(path)[artifact.name]


@pytest.fixture(scope="module")
def tensors(cluster, airline):
    """Every tensor artifact of the run by name."""
    return {
        artifact.name: tensor(cluster, artifact)
        for artifact in airline.artifacts()
        if artifact.type == artifact_pb2.ARTIFACT_TYPE_TENSOR
    }


def weights_of(cluster, execution):
    artifact = execution.artifact("train", "weights")
    return safetensors.numpy.load_file(cluster.path(artifact.uri))


def test_the_run_succeeds_with_every_step_done_once(airline):
    assert airline.ended.state == api.RUN_STATE_SUCCEEDED
    assert airline.ended.pipeline_name == "airline"
    assert [step.name for step in airline.ended.steps] == STEPS
    for step in airline.ended.steps:
        assert step.state == api.STEP_STATE_SUCCEEDED
        assert [attempt.number for attempt in step.attempts] == [1]


def test_durable_events_come_in_order_without_gaps(airline):
    cursors = [event.cursor for event in airline.events if event.cursor]
    assert cursors == list(range(1, len(cursors) + 1))
    succeeded = [
        event.step.step
        for event in airline.events
        if event.step.state == api.STEP_STATE_SUCCEEDED
    ]
    assert succeeded == STEPS


def test_training_reports_epoch_loss_and_rmse_as_it_goes(airline):
    reports = [
        event.progress.progress
        for event in airline.events
        if event.progress.step == "train"
    ]
    assert reports, "no progress of train"
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1
    assert reports[-1].units_total == 100
    assert reports[-1].unit == "epoch"
    assert {"loss", "rmse_train", "rmse_test"} <= set(reports[-1].metrics)


def test_the_same_events_are_replayed_later(client, airline):
    durable = [event for event in airline.events if event.cursor]
    assert client.watch(airline.id) == durable
    assert client.watch(airline.id, after_cursor=3) == durable[3:]


def test_tensors_have_the_known_shapes_in_float32(tensors):
    assert {name: found.shape for name, found in tensors.items()} == SHAPES
    assert {found.dtype for found in tensors.values()} == {numpy.dtype("f4")}


def test_load_splits_the_series_and_keeps_its_end(tensors):
    assert tensors["train"][:3, 0].tolist() == [112, 118, 132]
    assert tensors["forecast"][:, 0].tolist() == [508, 461, 390, 432]
    assert tensors["test"][-4:].tolist() == tensors["forecast"].tolist()


@pytest.mark.parametrize("part", ["train", "test"])
def test_windows_hold_four_values_and_the_next(tensors, part):
    series = tensors[part][:, 0]
    windows = numpy.lib.stride_tricks.sliding_window_view(series, 5)
    numpy.testing.assert_array_equal(
        tensors[f"X_{part}"][:, :, 0], windows[:, :4]
    )
    numpy.testing.assert_array_equal(tensors[f"y_{part}"][:, 0], windows[:, 4])


def test_weights_are_named_and_shaped_as_pytorch_names_them(cluster, airline):
    weights = weights_of(cluster, airline)
    assert {name: found.shape for name, found in weights.items()} == WEIGHTS
    assert all(found.dtype == numpy.float32 for found in weights.values())
    assert all(numpy.isfinite(found).all() for found in weights.values())


def test_errors_lie_where_the_reference_has_them(cluster, airline):
    history = airline.artifact("train", "history")
    report = json.loads(cluster.path(history.uri).read_text())
    evaluations = report["evaluations"]
    epochs = [found["epoch"] for found in evaluations]
    assert epochs == [*range(0, 100, 10), 99]
    first, ninetieth = evaluations[0], evaluations[9]
    assert first["rmse_train"] == pytest.approx(233, abs=5)
    assert first["rmse_test"] == pytest.approx(427, abs=5)
    assert 184 <= ninetieth["rmse_train"] <= 193
    assert 375 <= ninetieth["rmse_test"] <= 385


def test_the_forecast_is_the_undertrained_one(tensors):
    assert 47 <= tensors["y_forecast"][0, 0] <= 57


def test_every_artifact_is_what_its_record_says(cluster, airline):
    for artifact in airline.artifacts():
        content = cluster.path(artifact.uri).read_bytes()
        assert len(content) == artifact.size_bytes, artifact.name
        assert hashlib.sha256(content).hexdigest() == artifact.sha256


def test_recorded_tensors_are_those_of_the_file(cluster, airline):
    for artifact in airline.artifacts():
        if artifact.type not in (
            artifact_pb2.ARTIFACT_TYPE_TENSOR,
            artifact_pb2.ARTIFACT_TYPE_WEIGHTS,
        ):
            continue
        path = cluster.path(artifact.uri)
        with safetensors.safe_open(path, "numpy") as file:
            slices = {
                name: file.get_slice(name) for name in sorted(file.keys())
            }
            found = {
                name: (part.get_dtype(), tuple(part.get_shape()))
                for name, part in slices.items()
            }
        recorded = {
            info.name: (info.dtype, tuple(info.shape))
            for info in artifact.tensors
        }
        assert recorded == found, artifact.name


def test_read_artifact_streams_the_very_bytes(client, cluster, airline):
    for artifact in airline.artifacts():
        record, content = client.read_artifact(artifact.uri)
        assert record == artifact
        assert content == cluster.path(artifact.uri).read_bytes()


def test_list_artifacts_names_what_made_each(client, airline):
    response = client.call(
        "ListArtifacts", api.ListArtifactsRequest(run_id=airline.id)
    )
    assert [found.artifact for found in response.artifacts] == (
        airline.artifacts()
    )
    assert {(found.run_id, found.attempt) for found in response.artifacts} == {
        (airline.id, 1)
    }


def test_lineage_leads_from_the_forecast_back_to_the_weights(client, airline):
    artifact = airline.artifact("forecast", "y_forecast")
    lineage = client.call("GetLineage", api.GetLineageRequest(uri=artifact.uri))
    assert lineage.artifact.step == "forecast"
    assert {found.uri for found in lineage.made_from} == {
        airline.artifact("train", "weights").uri,
        airline.artifact("prepare", "X_forecast").uri,
    }


@pytest.mark.parametrize("step", STEPS)
def test_a_manifest_tells_how_each_step_was_done(cluster, airline, step):
    outputs = airline.step(step).outputs
    folder = cluster.path(outputs[0].uri).parent
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["execution_id"] == f"{airline.id}/{step}/1"
    assert manifest["stage"]["name"] == step
    built = airline.step(step).attempts[0].build_id
    assert manifest["stage"]["build_id"] == built
    recorded = {found["name"]: found for found in manifest["outputs"]}
    assert set(recorded) == {output.name for output in outputs}
    for output in outputs:
        assert recorded[output.name]["sha256"] == output.sha256
        assert recorded[output.name]["size_bytes"] == output.size_bytes
    published = {file.name for file in folder.iterdir()}
    assert published == {"manifest.json"} | {
        output.uri.rsplit("/", 1)[1] for output in outputs
    }


def test_manifest_inputs_carry_the_digest_of_what_was_read(cluster, airline):
    folder = cluster.path(airline.artifact("train", "weights").uri).parent
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("X_train", "y_train", "X_test", "y_test"):
        assert manifest["inputs"][name]["sha256"] == (
            airline.artifact("prepare", name).sha256
        )
    assert manifest["parameters"]["hidden_size"] == 50


def test_the_parts_of_the_time_add_up(airline):
    times = airline.ended.times
    parts = [
        times.queue,
        times.dispatch,
        times.read,
        times.compute,
        times.write,
        times.commit,
    ]
    total = sum(part.ToNanoseconds() for part in parts)
    assert total == pytest.approx(times.wall.ToNanoseconds(), rel=0.01)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(
    client, cluster, airline
):
    again = client.execute("airline", parameters={"seed": 0})
    assert again.artifact("train", "weights").sha256 == (
        airline.artifact("train", "weights").sha256
    )
    first, second = weights_of(cluster, airline), weights_of(cluster, again)
    assert all(
        first[name].tobytes() == second[name].tobytes() for name in WEIGHTS
    )


def test_another_seed_gives_other_weights(client, airline):
    other = client.execute("airline", parameters={"seed": 1})
    assert other.artifact("train", "weights").sha256 != (
        airline.artifact("train", "weights").sha256
    )
