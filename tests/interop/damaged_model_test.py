"""Weights and tensors that somebody else wrote: forecast alone, on files that
are fit and on files that are not."""

import struct

import numpy
import pytest
import safetensors
import safetensors.numpy
from stagecoach.v1 import orchestrator_pb2 as api

FORECAST_ALONE = """\
apiVersion: stagecoach/v1
kind: Pipeline
metadata:
  name: forecast-alone
spec:
  inputs:
    - {name: weights, type: weights}
    - {name: window, type: tensor}
  steps:
    - name: forecast
      stage: forecast
      inputs: {weights: inputs.weights, X_forecast: inputs.window}
  outputs:
    - {name: y_forecast, from: steps.forecast.y_forecast}
"""


@pytest.fixture(scope="module")
def model(client, cluster, airline):
    """The trained model as (tensors, metadata), with the pipeline applied."""
    client.call("ApplyPipeline", api.ApplyPipelineRequest(yaml=FORECAST_ALONE))
    path = cluster.path(airline.artifact("train", "weights").uri)
    with safetensors.safe_open(path, "numpy") as file:
        metadata = file.metadata()
    return safetensors.numpy.load_file(path), metadata


@pytest.fixture
def forecast(client, cluster, airline, request):
    """Runs forecast-alone on the bytes of a weights file; returns the run."""

    def run(weights, window=None):
        name = request.node.name.replace("[", "-").replace("]", "")
        path = cluster.volume / "data" / f"{name}.safetensors"
        path.write_bytes(weights)
        if window is None:
            window = airline.artifact("prepare", "X_forecast").uri
        return client.execute(
            "forecast-alone",
            inputs={
                "weights": f"pvc://artifacts/data/{path.name}",
                "window": window,
            },
        ).ended

    return run


def expect_failure(run, *words):
    assert run.state == api.RUN_STATE_FAILED
    assert run.error.code == api.ERROR_CODE_FAILED_PRECONDITION, run.error
    assert len(run.steps[0].attempts) == 1
    for word in ("weights", *words):
        assert word in run.error.message


def test_weights_saved_by_python_give_the_same_forecast(
    forecast, model, cluster, airline
):
    tensors, metadata = model
    run = forecast(safetensors.numpy.save(tensors, metadata))
    assert run.state == api.RUN_STATE_SUCCEEDED
    values = [
        safetensors.numpy.load_file(cluster.path(artifact.uri))["y_forecast"]
        for artifact in (
            run.outputs["y_forecast"],
            airline.artifact("forecast", "y_forecast"),
        )
    ]
    assert values[0].tobytes() == values[1].tobytes()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        struct.pack("<Q", 1 << 62),
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 9) + b'{"a": {{}}',
        struct.pack("<Q", 64)
        + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,99999]}}      ',
    ],
    ids=["empty", "length", "list", "json", "offsets"],
)
def test_a_corrupt_header_is_refused_by_name(forecast, header):
    expect_failure(forecast(header), "test_a_corrupt_header")


def test_a_missing_tensor_is_told_by_the_count(forecast, model):
    tensors, metadata = model
    rest = {
        name: found for name, found in tensors.items() if name != "linear.bias"
    }
    run = forecast(safetensors.numpy.save(rest, metadata))
    expect_failure(run, "5 tensors", "has 6")


def test_a_tensor_of_another_shape_is_named_with_both_shapes(forecast, model):
    tensors, metadata = model
    changed = dict(tensors)
    changed["linear.weight"] = numpy.zeros((1, 49), numpy.float32)
    run = forecast(safetensors.numpy.save(changed, metadata))
    expect_failure(run, "linear.weight", "49", "50")


def test_weights_without_their_description_are_refused(forecast, model):
    tensors, _ = model
    expect_failure(forecast(safetensors.numpy.save(tensors)))


def test_a_window_of_another_rank_is_refused(forecast, model, cluster):
    tensors, metadata = model
    path = cluster.volume / "data" / "flat.safetensors"
    safetensors.numpy.save_file(
        {"X_forecast": numpy.zeros(4, numpy.float32)}, path
    )
    run = forecast(
        safetensors.numpy.save(tensors, metadata),
        window="pvc://artifacts/data/flat.safetensors",
    )
    assert run.state == api.RUN_STATE_FAILED
    assert run.error.code == api.ERROR_CODE_FAILED_PRECONDITION
    assert "X_forecast" in run.error.message
