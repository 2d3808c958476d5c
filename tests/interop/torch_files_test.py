"""Into and out of PyTorch: what torch.save writes is a source of data, and what
`artifacts pull --format pt` writes is what torch.load takes by its defaults."""

import collections
import os
import subprocess

import numpy
import pytest
import safetensors.numpy
import torch
from cluster import BUILD
from stagecoach.v1 import orchestrator_pb2 as api

# Takes a tensor in and gives it back as a series.
TENSOR_IN = """
apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: tensor-in}
spec:
  parameters:
    - {name: tensor, type: string, default: ""}
    - {name: columns, type: string-list, default: []}
  inputs:
    - {name: source, type: file}
  steps:
    - name: load
      stage: load
      parameters:
        tensor: ${parameters.tensor}
        columns: ${parameters.columns}
        lookback: 1
      inputs: {source: inputs.source}
  outputs:
    - {name: train, from: steps.load.train}
"""


class Forecaster(torch.nn.Module):
    """What a user's own module looks like."""

    def __init__(self, hidden):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, hidden, batch_first=True)
        self.linear = torch.nn.Linear(hidden, 1)

    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1])


@pytest.fixture(scope="module")
def tensor_in(client):
    client.call("ApplyPipeline", api.ApplyPipelineRequest(yaml=TENSOR_IN))
    return "tensor-in"


@pytest.fixture
def pull(cluster, tmp_path):
    """Pulls an output of a run in a format; returns the file."""

    def pull_output(run_id, output, extension):
        path = tmp_path / f"{output}.{extension}"
        command = [BUILD / "bin/stagecoach", "artifacts", "pull"]
        command += [run_id, output, "--format", extension, "--to", path]
        address = cluster.orchestrator_address
        environment = os.environ | {"STAGECOACH_SERVER": address}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return path

    return pull_output


def load(client, cluster, pipeline, value, **parameters):
    """Saves `value` and lets the stage load read it."""
    folder = cluster.volume / "data"
    path = folder / f"mine-{len(list(folder.iterdir()))}.pt"
    torch.save(value, path)
    source = f"pvc://artifacts/data/{path.name}"
    execution = client.execute(
        pipeline, inputs={"source": source}, parameters=parameters
    )
    assert execution.ended.state == api.RUN_STATE_SUCCEEDED, execution.ended
    return execution


def series(client, execution):
    """The training and the test part that load has made, as one."""
    parts = []
    for name in ("train", "test"):
        artifact = execution.artifact("load", name)
        _, content = client.read_artifact(artifact.uri)
        parts.append(safetensors.numpy.load(content)[name])
    return numpy.concatenate(parts)


def test_a_saved_tensor_is_a_series(client, cluster, tensor_in):
    values = torch.arange(20, dtype=torch.float64).reshape(2, 10).t()
    assert not values.is_contiguous()
    execution = load(client, cluster, tensor_in, values)
    numpy.testing.assert_array_equal(
        series(client, execution)[:, 0], numpy.arange(10, 20)
    )


def test_a_saved_state_dict_gives_its_tensors(client, cluster, tensor_in):
    torch.manual_seed(0)
    state = Forecaster(50).state_dict()
    assert isinstance(state, collections.OrderedDict)
    execution = load(
        client, cluster, tensor_in, state, tensor="lstm.weight_hh_l0"
    )
    numpy.testing.assert_array_equal(
        series(client, execution)[:, 0],
        state["lstm.weight_hh_l0"].numpy()[:, -1],
    )


def test_a_saved_module_is_refused_and_nothing_is_run(
    client, cluster, tensor_in
):
    marker = cluster.volume / "ran"

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(marker),))

    path = cluster.volume / "data" / "evil.pt"
    torch.save({"weights": torch.zeros(9), "evil": Evil()}, path)
    execution = client.execute(
        tensor_in, inputs={"source": "pvc://artifacts/data/evil.pt"}
    )
    assert execution.ended.state == api.RUN_STATE_FAILED
    assert "only running its code could read" in execution.ended.error.message
    assert not marker.exists()


def test_pulled_weights_give_the_same_forecast(airline, pull):
    state = torch.load(pull(airline.id, "weights", "pt"))
    module = Forecaster(50)
    module.load_state_dict(state)
    window = torch.load(pull(airline.id, "X_forecast", "pt"))
    forecast = torch.load(pull(airline.id, "y_forecast", "pt"))
    with torch.no_grad():
        numpy.testing.assert_allclose(module(window), forecast, atol=1e-5)


def test_every_format_holds_the_same_numbers(airline, pull):
    as_pt = torch.load(pull(airline.id, "y_train", "pt")).numpy()
    as_npy = numpy.load(pull(airline.id, "y_train", "npy"))
    as_csv = numpy.loadtxt(
        pull(airline.id, "y_train", "csv"), skiprows=1, dtype="float32", ndmin=2
    )
    path = pull(airline.id, "y_train", "safetensors")
    as_safetensors = safetensors.numpy.load_file(path)["y_train"]
    for other in (as_npy, as_csv, as_safetensors):
        numpy.testing.assert_array_equal(as_pt, other)
