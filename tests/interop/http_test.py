"""The API over HTTP, held against its description and its README."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.parse

import jsonschema
import openapi_spec_validator
import pytest
import yaml
from conftest import ROOT

FACE = ROOT / "orchestrator/api/http"
DOCUMENT = yaml.safe_load((FACE / "openapi.yaml").read_text())
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
QUICK = {"pipeline": "airline", "parameters": {"epochs": 5}}


class Http:
    """Sends requests, each on a connection of its own."""

    def __init__(self, address):
        self.address = address

    def open(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body, headers or {})
        return connection.getresponse()

    def send(self, method, path, body=None, headers=None):
        """Returns (status, body as JSON if it is, headers)."""
        if isinstance(body, dict):
            body = json.dumps(body)
        answer = self.open(method, path, body, headers)
        content = answer.read()
        if answer.headers.get_content_type() == "application/json" and content:
            content = json.loads(content)
        return answer.status, content, answer.headers

    def get(self, path):
        status, body, _ = self.send("GET", path)
        assert status == 200, body
        return body

    def execute(self, request):
        status, body, _ = self.send("POST", "/v1/runs:execute", request)
        assert status == 200, body
        return body["run"]

    def error(self, method, path, body=None, headers=None):
        """Returns (status, code, message)."""
        status, answer, _ = self.send(method, path, body, headers)
        return status, answer["error"]["code"], answer["error"]["message"]


@pytest.fixture(scope="module")
def api(cluster):
    return Http(cluster.http_address)


@pytest.fixture(scope="module")
def run(api):
    return api.execute(QUICK)


def events_of(answer):
    """Yields the events of a stream as (id, kind, data)."""
    for block in answer.read().decode().split("\n\n"):
        fields = dict(
            line.split(": ", 1)
            for line in block.splitlines()
            if not line.startswith(":")
        )
        if "event" in fields:
            yield fields.get("id"), fields["event"], json.loads(fields["data"])


def check(body, schema):
    jsonschema.validate(
        body, {"$ref": schema, "components": DOCUMENT["components"]}
    )


# The description.


def test_the_description_is_valid_served_and_made_from_the_protos(api):
    openapi_spec_validator.validate(DOCUMENT)
    assert yaml.safe_load(api.get("/v1/openapi.yaml")) == DOCUMENT
    made = subprocess.run(
        [sys.executable, FACE / "make_openapi.py", "--check"],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, method, _ in OPERATIONS]
)
def test_every_operation_answers_as_described(api, path, method):
    place = re.sub(r"{\w+}", "nothing-1", path)
    status, body, _ = api.send(method.upper(), place)
    if status == 404:
        assert "there is nothing at" not in body["error"]["message"]
    assert status != 405
    operation = DOCUMENT["paths"][path][method]
    described = operation["responses"].get(
        str(status), operation["responses"]["default"]
    )
    for content in described.get("content", {}).values():
        if isinstance(body, dict):
            check(body, content["schema"]["$ref"])


def test_answers_about_a_real_run_fit_their_schemas(api, run):
    uri = run["outputs"]["weights"]["uri"]
    quoted = urllib.parse.quote(uri, safe="")
    for path, schema in {
        f"/v1/runs/{run['id']}": "GetRunResponse",
        "/v1/runs?page_size=5": "ListRunsResponse",
        f"/v1/runs/{run['id']}/artifacts": "ListArtifactsResponse",
        f"/v1/artifacts/lineage?uri={quoted}": "GetLineageResponse",
        "/v1/pipelines": "ListPipelinesResponse",
        "/v1/pipelines/airline": "GetPipelineResponse",
        "/v1/stages": "ListStagesResponse",
    }.items():
        check(api.get(path), f"#/components/schemas/{schema}")
    answer = api.open("GET", f"/v1/runs/{run['id']}/events")
    for _, _, event in events_of(answer):
        check(event, "#/components/schemas/RunEvent")


# Runs.


def test_a_run_is_created_with_201_and_its_place(api):
    key = {"idempotencyKey": "http-created"}
    status, body, headers = api.send("POST", "/v1/runs", QUICK | key)
    assert status == 201
    assert headers["Location"] == f"/v1/runs/{body['run']['id']}"
    again = api.send("POST", "/v1/runs", QUICK | key)[1]
    assert again["run"]["id"] == body["run"]["id"]
    list(events_of(api.open("GET", headers["Location"] + "/events")))


def test_validating_alone_creates_nothing(api):
    status, body, _ = api.send("POST", "/v1/runs?validate_only=true", QUICK)
    assert status == 200 and "id" not in body["run"]


def test_a_run_that_fails_is_answered_as_it_ended(api):
    status, body, _ = api.send(
        "PUT", "/v1/artifacts/broken.csv", b"Month,Passengers\n1,x\n"
    )
    assert status == 201
    run = api.execute(QUICK | {"inputs": {"source": body["artifact"]["uri"]}})
    assert run["state"] == "RUN_STATE_FAILED"
    assert "Passengers" in run["error"]["message"]


def test_a_run_is_cancelled_with_its_reason(api):
    endless = {"pipeline": "airline", "parameters": {"epochs": 10**8}}
    run = api.send("POST", "/v1/runs", endless)[1]["run"]
    status, body, _ = api.send(
        "POST", f"/v1/runs/{run['id']}:cancel", {"reason": "seen enough"}
    )
    assert status == 200 and body["run"]["id"] == run["id"]
    events = list(events_of(api.open("GET", f"/v1/runs/{run['id']}/events")))
    assert events[-1][2]["run"]["state"] == "RUN_STATE_CANCELLED"
    assert api.send("DELETE", f"/v1/runs/{run['id']}")[0] == 200
    assert api.error("GET", f"/v1/runs/{run['id']}")[0] == 404


# Events.


def test_events_go_on_where_they_broke_and_end_with_204(api, run):
    path = f"/v1/runs/{run['id']}/events"
    answer = api.open("GET", path)
    assert answer.headers["Content-Type"] == "text/event-stream"
    ids = [event[0] for event in events_of(answer)]
    assert ids == [str(number) for number in range(1, len(ids) + 1)]
    rest = api.open("GET", path, headers={"Last-Event-ID": ids[-3]})
    assert [event[0] for event in events_of(rest)] == ids[-2:]
    assert api.send("GET", path, headers={"Last-Event-ID": ids[-1]})[0] == 204


def test_a_run_is_followed_while_it_goes(api):
    request = {"pipeline": "airline", "parameters": {"epochs": 50}}
    run = api.send("POST", "/v1/runs", request)[1]["run"]
    kinds = [
        kind
        for _, kind, _ in events_of(
            api.open("GET", f"/v1/runs/{run['id']}/events")
        )
    ]
    assert kinds[0] == "run" and kinds[-1] == "run"
    assert "progress" in kinds and "step" in kinds


def test_500_clients_that_wait_for_events_hold_up_nobody(api):
    endless = {"pipeline": "airline", "parameters": {"epochs": 10**8}}
    run = api.send("POST", "/v1/runs", endless)[1]["run"]
    host, port = api.address.split(":")
    request = f"GET /v1/runs/{run['id']}/events HTTP/1.1\r\nHost: x\r\n\r\n"
    waiting = []
    try:
        for _ in range(500):
            waiting.append(socket.create_connection((host, int(port)), 60))
            waiting[-1].sendall(request.encode())
        assert all(b"200 OK" in client.recv(100) for client in waiting)
        assert api.get("/v1/stages")["stages"]
        assert api.get(f"/v1/runs/{run['id']}")["run"]["id"] == run["id"]
    finally:
        for client in waiting:
            client.close()
        api.send("POST", f"/v1/runs/{run['id']}:cancel")


# Artifacts and logs.


def test_an_upload_comes_back_in_the_same_bytes(api, cluster):
    content = os.urandom(3 << 20)
    place = "/v1/artifacts?file_name=noise.bin"
    status, body, _ = api.send("POST", place, content)
    assert status == 201
    assert cluster.path(body["artifact"]["uri"]).read_bytes() == content
    again = api.send("PUT", "/v1/artifacts/noise.bin", content)[1]
    assert again["artifact"]["uri"] == body["artifact"]["uri"]


def test_an_upload_that_breaks_off_leaves_nothing(api, cluster):
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port)), 60) as client:
        client.sendall(
            b"PUT /v1/artifacts/torn.csv HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 5000000\r\n\r\n" + b"x" * 2_000_000
        )
    api.send("PUT", "/v1/artifacts/after.csv", b"whole")
    names = {path.name for path in (cluster.volume / "uploads").rglob("*")}
    assert "torn.csv" not in names and "after.csv" in names


def test_an_upload_of_another_digest_is_refused(api):
    place = "/v1/artifacts/a.csv?sha256=" + "0" * 64
    status, code, message = api.error("PUT", place, b"a")
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert "sha256 promises" in message


def test_an_artifact_comes_whole_with_its_digest(api, run, cluster):
    weights = run["outputs"]["weights"]
    uri = urllib.parse.quote(weights["uri"], safe="")
    answer = api.open("GET", f"/v1/artifacts/content?uri={uri}")
    assert answer.headers["ETag"] == f'"{weights["sha256"]}"'
    assert answer.read() == cluster.path(weights["uri"]).read_bytes()


def test_the_log_of_a_step_is_text(api, run):
    answer = api.open("GET", f"/v1/runs/{run['id']}/steps/train/log")
    assert answer.headers.get_content_type() == "text/plain"
    assert b"epochs=5" in answer.read()


# Errors.


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "message"),
    [
        ("GET", "/", None, 404, "NOT_FOUND", "nothing at /"),
        ("GET", "/v1/runs/no-1", None, 404, "NOT_FOUND", "no-1"),
        ("GET", "/v1/runs/no-1/events", None, 404, "NOT_FOUND", "no-1"),
        ("GET", "/v1/runs?pipelin=x", None, 400, "INVALID_ARGUMENT", "mean"),
        ("GET", "/v1/runs?page_size=-1", None, 400, "INVALID_ARGUMENT", "-1"),
        ("POST", "/v1/runs", b"{", 400, "INVALID_ARGUMENT", "not JSON"),
        ("POST", "/v1/runs", b"{}", 400, "INVALID_ARGUMENT", "pipeline"),
        (
            "POST",
            "/v1/runs",
            b'{"pipeline": "airlin"}',
            404,
            "NOT_FOUND",
            "airline",
        ),
        (
            "POST",
            "/v1/runs",
            b'{"pipeline": "airline", "parameters": {"epochs": "x"}}',
            400,
            "INVALID_ARGUMENT",
            "epochs",
        ),
        ("POST", "/v1/pipelines", b"a: [", 400, "INVALID_ARGUMENT", ""),
        (
            "POST",
            "/v1/runs",
            b" " * (5 << 20),
            413,
            "RESOURCE_EXHAUSTED",
            "too large",
        ),
        ("PUT", "/v1/artifacts/.x", b"a", 400, "INVALID_ARGUMENT", "file_name"),
    ],
)
def test_errors_have_a_status_a_code_and_a_message(
    api, method, path, body, status, code, message
):
    got = api.error(method, path, body)
    assert got[:2] == (status, code) and message in got[2]


def test_another_method_is_405_with_those_that_are_allowed(api):
    status, body, headers = api.send("PATCH", "/v1/runs")
    assert status == 405
    assert headers["Allow"] == "GET, HEAD, POST"
    assert "takes GET, HEAD, POST" in body["error"]["message"]


def test_pages_of_other_sites_are_refused(api):
    headers = {"Origin": "http://evil.example"}
    assert api.error("POST", "/v1/runs", QUICK, headers)[0] == 403
    same = {"Origin": f"http://{api.address}"}
    assert api.send("GET", "/v1/stages", headers=same)[0] == 200


def test_many_callers_at_once_are_all_answered(api):
    statuses = []

    def ask():
        statuses.append(api.send("GET", "/v1/pipelines")[0])

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50


# The README.


def test_the_examples_of_the_readme_work_as_they_stand(api, tmp_path):
    readme = (FACE / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) >= 6
    script = "set -euo pipefail\n" + "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"API": f"http://{api.address}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert (tmp_path / "weights.safetensors").stat().st_size > 0
    assert done.stdout.count("RUN_STATE_SUCCEEDED") >= 3
