"""Bad requests and bad data: one clear error each, with the right code, at the
earliest point, and every process lives on (the cluster fixture checks that)."""

import os

import grpc
import pytest
from client import run_request
from stagecoach.v1 import orchestrator_pb2 as api


def create_error(client, **options):
    """Returns (code, message) with which CreateRun refuses."""
    with pytest.raises(grpc.RpcError) as error:
        client.create(options.pop("pipeline", "airline"), **options)
    return error.value.code().name, error.value.details()


def run_error(client, **options):
    """Returns (step, code, message) with which a run fails."""
    run = client.execute("airline", **options).ended
    assert run.state == api.RUN_STATE_FAILED
    failed = [step for step in run.steps if step.state == api.STEP_STATE_FAILED]
    assert len(failed) == 1
    assert len(failed[0].attempts) == 1, "tried again what cannot get better"
    code = api.ErrorCode.Name(run.error.code).removeprefix("ERROR_CODE_")
    return failed[0].name, code, run.error.message


@pytest.mark.parametrize(
    "name, value, code, words",
    [
        ("proportion", 0.0, "OUT_OF_RANGE", ["proportion", "0", "1"]),
        ("proportion", 1.5, "OUT_OF_RANGE", ["proportion", "1.5"]),
        ("proportion", "0.7", "INVALID_ARGUMENT", ["proportion", "number"]),
        ("lookback", 0, "OUT_OF_RANGE", ["lookback", "0", "at least 1|from 1"]),
        ("lookback", 4.5, "INVALID_ARGUMENT", ["lookback", "4.5", "whole"]),
        ("epochs", -1, "OUT_OF_RANGE", ["epochs", "-1"]),
        ("epochs", True, "INVALID_ARGUMENT", ["epochs", "true", "whole"]),
        ("learning_rate", float("nan"), "INVALID_ARGUMENT", ["learning_rate"]),
        ("epoch", 3, "INVALID_ARGUMENT", ["epoch", "epochs"]),
        ("colour", "red", "INVALID_ARGUMENT", ["colour"]),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_starts(
    client, name, value, code, words
):
    found, message = create_error(client, parameters={name: value})
    assert found == code, message
    for choices in words:
        assert any(word in message for word in choices.split("|")), message


def test_an_unknown_pipeline_is_not_found_and_the_nearest_is_named(client):
    code, message = create_error(client, pipeline="airlin")
    assert code == "NOT_FOUND"
    assert "airlin" in message and '"airline"' in message


def test_an_unknown_input_is_refused_by_name(client):
    code, message = create_error(client, inputs={"sauce": "pvc://artifacts/x"})
    assert code == "INVALID_ARGUMENT"
    assert "sauce" in message and "source" in message


@pytest.mark.parametrize(
    "uri, word",
    [
        ("pvc://artifacts/../secret.csv", ".."),
        ("pvc://artifacts//etc/passwd", "pvc://artifacts//etc/passwd"),
        ("pvc://elsewhere/data/airline-passengers.csv", "elsewhere"),
        ("/etc/passwd", "pvc://"),
        ("file:///etc/passwd", "pvc://"),
        ("pvc://artifacts/a\0b", "pvc://"),
    ],
)
def test_a_uri_that_leads_out_of_the_volume_is_refused(client, uri, word):
    code, message = create_error(client, inputs={"source": uri})
    assert code == "INVALID_ARGUMENT", message
    assert "source" in message and word in message


def test_a_symbolic_link_out_of_the_volume_is_refused(
    client, cluster, tmp_path
):
    outside = tmp_path / "outside.csv"
    outside.write_text("Month,Passengers\n1949-01,112\n")
    link = cluster.volume / "data" / "link.csv"
    os.symlink(outside, link)
    code, message = create_error(
        client, inputs={"source": "pvc://artifacts/data/link.csv"}
    )
    assert code == "INVALID_ARGUMENT", message
    assert "link.csv" in message


def test_a_missing_file_is_not_found_before_anything_starts(client):
    code, message = create_error(
        client, inputs={"source": "pvc://artifacts/data/nowhere.csv"}
    )
    assert code == "NOT_FOUND"
    assert "nowhere.csv" in message


ROWS = "".join(f"1949-{month:02},{100 + month}\n" for month in range(1, 13))


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("empty", b"", ["empty"]),
        ("header-only", b"Month,Passengers\n", ["only a header"]),
        ("binary", bytes(range(256)) * 8, ["data/binary.csv"]),
        ("ragged", f"Month,Passengers\n{ROWS}1950-01,1,2\n".encode(), ["14"]),
        (
            "text",
            f"Month,Passengers\n{ROWS}1950-01,many\n".encode(),
            ["14", "many"],
        ),
        ("hole", f"Month,Passengers\n{ROWS}1950-01,\n".encode(), ["14"]),
    ],
)
def test_a_bad_table_fails_in_load_naming_file_and_place(
    client, cluster, name, content, words
):
    cluster.volume.joinpath("data", f"{name}.csv").write_bytes(content)
    uri = f"pvc://artifacts/data/{name}.csv"
    step, code, message = run_error(client, inputs={"source": uri})
    assert (step, code) == ("load", "FAILED_PRECONDITION"), message
    assert uri in message
    for word in words:
        assert word in message


def test_an_unreadable_file_is_refused_by_name(client, cluster):
    folder = cluster.volume / "data" / "folder.csv"
    folder.mkdir()
    uri = "pvc://artifacts/data/folder.csv"
    code, message = create_error(client, inputs={"source": uri})
    assert code in ("FAILED_PRECONDITION", "INVALID_ARGUMENT"), message
    assert uri in message


@pytest.mark.parametrize(
    "column, words",
    [
        ("Pasengers", ["Pasengers", "Passengers"]),
        (7, ["7", "2"]),
    ],
)
def test_a_missing_column_is_named_with_what_there_is(client, column, words):
    step, code, message = run_error(client, parameters={"column": column})
    assert step == "load"
    assert code in ("INVALID_ARGUMENT", "OUT_OF_RANGE", "FAILED_PRECONDITION")
    for word in words:
        assert word in message


def test_a_lookback_longer_than_the_data_names_both(client):
    step, code, message = run_error(client, parameters={"lookback": 5000})
    assert step in ("load", "prepare")
    assert code in ("FAILED_PRECONDITION", "OUT_OF_RANGE"), message
    assert "lookback" in message and "5000" in message


@pytest.mark.parametrize("damage", ["truncated", "tampered"])
def test_a_damaged_artifact_is_data_loss_before_the_first_byte(
    client, cluster, damage
):
    run = client.execute("airline", parameters={"epochs": 1})
    artifact = run.artifact("load", "train")
    path = cluster.path(artifact.uri)
    content = path.read_bytes()
    damaged = content[:-1]
    if damage == "tampered":
        damaged += bytes([content[-1] ^ 1])
    path.chmod(0o644)
    path.write_bytes(damaged)
    with pytest.raises(grpc.RpcError) as error:
        client.read_artifact(artifact.uri)
    assert error.value.code() == grpc.StatusCode.DATA_LOSS
    assert artifact.uri in error.value.details()


def test_an_unknown_run_is_not_found(client):
    with pytest.raises(grpc.RpcError) as error:
        client.get("airline-nosuchrun")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert "airline-nosuchrun" in error.value.details()


def test_a_request_over_the_size_limit_is_refused(client):
    request = run_request("airline", parameters={"column": "x" * (5 << 20)})
    with pytest.raises(grpc.RpcError) as error:
        client.call("CreateRun", api.CreateRunRequest(run=request))
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


PIPELINE = """\
apiVersion: stagecoach/v1
kind: Pipeline
metadata:
  name: interop
spec:
  inputs:
    - name: source
      type: table
  steps:
    - name: load
      stage: {stage}
      inputs:
        source: {source}
"""


def apply_error(client, **values):
    request = api.ApplyPipelineRequest(
        yaml=PIPELINE.format(**values), file_name="interop.yaml"
    )
    with pytest.raises(grpc.RpcError) as error:
        client.call("ApplyPipeline", request)
    return error.value.code().name, error.value.details()


def test_a_pipeline_with_an_unknown_stage_names_line_and_nearest(client):
    code, message = apply_error(client, stage="laod", source="inputs.source")
    assert code in ("INVALID_ARGUMENT", "NOT_FOUND"), message
    assert "interop.yaml:11" in message and '"load"' in message


def test_a_pipeline_with_a_dangling_reference_names_line_and_field(client):
    code, message = apply_error(client, stage="load", source="inputs.sauce")
    assert code == "INVALID_ARGUMENT"
    assert "interop.yaml:13" in message and "sauce" in message
