"""The Python client package, as a data scientist uses it."""

import subprocess
import sys

import numpy as np
import pytest
import stagecoach
from conftest import PACKAGE

QUICK = {"epochs": 5}


@pytest.fixture
def table(tmp_path):
    """A table of one's own: 200 months of a wave."""
    months = np.arange(200)
    values = 100 + 10 * np.sin(months / 6)
    rows = [
        f"{month},{value}" for month, value in zip(months, values, strict=True)
    ]
    path = tmp_path / "mine.csv"
    path.write_text("Month,Passengers\n" + "\n".join(rows) + "\n")
    return path


def test_a_file_of_ones_own_becomes_a_forecast_in_one_call(package, table):
    events = []
    run = package.run(
        "airline",
        parameters=QUICK,
        inputs={"source": table},
        on_event=events.append,
    )
    assert run.state == "succeeded"
    assert run.outputs["y_forecast"].numpy().shape == (1, 1)
    assert run.parameters["epochs"] == 5
    assert [event.state for event in events if event.kind == "run"] == [
        "running",
        "succeeded",
    ]
    assert {event.step for event in events} >= {"load", "train", "forecast"}


def test_the_same_file_has_the_same_uri_and_its_own_digest(package, table):
    first, second = package.upload(table), package.upload(str(table))
    assert first.uri == second.uri
    assert first.name == "mine.csv" and first.type == "table"
    other = package.upload(table, name="other.csv")
    assert other.uri != first.uri and other.sha256 == first.sha256


def test_an_upload_that_breaks_off_leaves_nothing(package, cluster):
    from stagecoach.v1 import orchestrator_pb2 as api

    def parts():
        header = api.UploadHeader(file_name="torn.csv", size_bytes=2000)
        yield api.UploadArtifactRequest(header=header)
        yield api.UploadArtifactRequest(data=b"x" * 1000)
        raise RuntimeError("the disk was pulled out")

    call = package.stub.UploadArtifact.future(parts())
    assert call.exception() is not None
    # What is being taken away lies in a hidden folder, which nobody reads.
    uploads = cluster.volume / "uploads"
    files = [path.relative_to(uploads) for path in uploads.rglob("torn.csv")]
    assert all("/.staging-" in f"/{file}" for file in files), files


def test_artifacts_come_as_arrays_documents_and_files(package, tmp_path):
    run = package.run("airline", parameters=QUICK)
    weights = run.outputs["weights"]
    assert all(array.dtype == np.float32 for array in weights.arrays().values())
    with pytest.raises(KeyError, match="has tensors"):
        weights.numpy()
    assert len(run.outputs["history"].json()["loss"]) == 5
    saved = run.outputs["y_forecast"].save(tmp_path / "y.safetensors")
    assert saved.stat().st_size == run.outputs["y_forecast"].size_bytes
    assert package.artifact(weights.uri).sha256 == weights.sha256


def test_a_run_that_fails_raises_with_the_run(package, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("Month,Passengers\n1,x\n")
    with pytest.raises(stagecoach.RunFailedError) as error:
        package.run("airline", inputs={"source": path})
    assert error.value.run.state == "failed"
    assert error.value.run.steps["load"].state == "failed"
    assert "Passengers" in str(error.value)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda c: c.run("airlin"), stagecoach.NotFoundError, "airline"),
        (lambda c: c.get("nothing-1"), LookupError, "nothing-1"),
        (
            lambda c: c.run("airline", {"epochs": "many"}),
            ValueError,
            "whole number",
        ),
        (
            lambda c: c.run("airline", inputs={"source": "no/such.csv"}),
            stagecoach.InvalidArgumentError,
            "must be a file",
        ),
        (lambda c: next(c.runs(state="done")), ValueError, "succeeded"),
    ],
)
def test_what_is_wrong_is_said_by_a_class_and_a_message(
    package, call, kind, message
):
    with pytest.raises(kind, match=message):
        call(package)


def test_runs_are_listed_filtered_watched_again_and_retried(package):
    run = package.start("airline", QUICK, idempotency_key="package-list")
    again = package.start("airline", QUICK, idempotency_key="package-list")
    assert run.id == again.id
    assert run.wait().ended
    assert next(package.runs("airline", "succeeded")).state == "succeeded"
    cursors = [event.cursor for event in run.watch() if event.cursor]
    assert cursors == list(range(1, len(cursors) + 1))
    rest = [event.cursor for event in run.watch(after_cursor=cursors[-2])]
    assert rest == cursors[-1:]
    with pytest.raises(stagecoach.FailedPreconditionError):
        run.retry()


def test_every_attempt_keeps_a_log_also_one_that_failed(package, tmp_path):
    run = package.run("airline", parameters=QUICK)
    log = run.log("train")
    assert "parameters" in log and "epochs=5" in log
    assert "status=OK" in log.splitlines()[-1]
    path = tmp_path / "broken.csv"
    path.write_text("Month,Passengers\n1,x\n")
    with pytest.raises(stagecoach.RunFailedError) as error:
        package.run("airline", inputs={"source": path})
    assert "ERROR execution ended" in error.value.run.log("load")
    with pytest.raises(stagecoach.NotFoundError, match="no step 'trai'"):
        run.log("trai")


def test_the_local_cluster_is_found_by_its_folder(cluster, monkeypatch):
    monkeypatch.delenv("STAGECOACH_SERVER", raising=False)
    monkeypatch.setenv("STAGECOACH_DIR", str(cluster.folder))
    with stagecoach.Client() as client:
        assert client.address == cluster.orchestrator_address
        assert {stage.name for stage in client.stages()} >= {"load", "train"}


def test_without_a_cluster_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("STAGECOACH_SERVER", raising=False)
    monkeypatch.delenv("STAGECOACH_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConnectionError, match="stagecoach up"):
        stagecoach.Client()


def test_its_types_hold(installed):
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental"]
        + ["--config-file", PACKAGE / "pyproject.toml", PACKAGE / "src"],
        capture_output=True,
        text=True,
        env={"MYPYPATH": str(installed), "PATH": ""},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
