"""What the orchestrator tells of its runs elsewhere: OpenLineage's own classes
read its events, and an HTTP collector gets its traces."""

import http.server
import json
import threading
import time

import attr
import pytest
from client import DEADLINE_SECONDS, Client, run_request
from cluster import Cluster
from openlineage.client import event_v2
from openlineage.client.generated import (
    dataset_version_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    processing_engine_run,
    schema_dataset,
    tags_run,
)
from stagecoach.v1 import orchestrator_pb2 as api

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
STEPS = ["load", "prepare", "train", "forecast"]

FACETS = {
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "outputStatistics": (
        output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    ),
    "parent": parent_run.ParentRunFacet,
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
    "schema": schema_dataset.SchemaDatasetFacet,
    "tags": tags_run.TagsRunFacet,
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
}


class Collector:
    """Takes JSON by POST, and keeps it by path."""

    def __init__(self):
        self._received = []
        self._lock = threading.Lock()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                assert self.headers["Content-Type"] == "application/json"
                with collector._lock:
                    collector._received.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def received(self, path):
        with self._lock:
            return [body for at, body in self._received if at == path]

    def await_that(self, path, enough):
        deadline = time.monotonic() + 30
        while not enough(self.received(path)):
            assert time.monotonic() < deadline, self.received(path)
            time.sleep(0.05)
        return self.received(path)


@pytest.fixture(scope="module")
def collector():
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def user(collector, tmp_path_factory):
    environment = {
        "OPENLINEAGE_URL": collector.url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    folder = tmp_path_factory.mktemp("export")
    with (
        Cluster(folder, environment) as running,
        Client(running.orchestrator_address) as connected,
    ):
        connected.cluster = running
        yield connected


def execute(user, parameters, metadata=()):
    request = api.ExecuteRunRequest(run=run_request("airline", parameters))
    reports = user.stub.ExecuteRun(
        request, timeout=DEADLINE_SECONDS, metadata=metadata
    )
    return list(reports)[-1].ended


@pytest.fixture(scope="module")
def traced(user):
    """A run whose caller has a trace."""
    caller = ("traceparent", f"00-{TRACE}-{CALLER}-01")
    run = execute(user, {"epochs": 20}, [caller])
    assert run.state == api.RUN_STATE_SUCCEEDED
    return run


@pytest.fixture(scope="module")
def failed(user):
    run = execute(user, {"column": "nobody"})
    assert run.state == api.RUN_STATE_FAILED
    return run


def events_of(collector, run):
    """The run's events, once the last one has come."""

    def of_run(events):
        return [
            event
            for event in events
            if event["run"]["facets"]["tags"]["tags"][0]["value"] == run.id
        ]

    def ended(events):
        return any(
            event["job"]["name"] == "airline" and event["eventType"] != "START"
            for event in of_run(events)
        )

    return of_run(collector.await_that("/api/v1/lineage", ended))


def made(cls, document):
    """`document` as OpenLineage's class; fails on a field that it lacks."""
    known = {field.name for field in attr.fields(cls)}
    given = {
        name: value
        for name, value in document.items()
        if not name.startswith("_")
    }
    assert set(given) <= known, (cls, set(given) - known)
    return cls(**given)


def check_facets(facets):
    for name, facet in facets.items():
        own = dict(facet)
        assert own.pop("_producer").startswith("urn:stagecoach:")
        if name == "parent":
            own = {
                "run": parent_run.Run(**own["run"]),
                "job": parent_run.Job(**own["job"]),
            }
        parsed = made(FACETS[name], own)
        assert facet["_schemaURL"] == parsed._get_schema()


def check_event(event):
    """That OpenLineage's classes take all of it."""
    event = json.loads(json.dumps(event))
    assert event["schemaURL"].endswith(
        "/2-0-2/OpenLineage.json#/$defs/RunEvent"
    )
    check_facets(event["run"]["facets"])
    check_facets(event["job"]["facets"])
    inputs, outputs = event.pop("inputs"), event.pop("outputs")
    for dataset in inputs + outputs:
        check_facets(dataset["facets"])
        check_facets(dataset.get("outputFacets", {}))
    event_v2.RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        eventType=event_v2.RunState[event["eventType"]],
        run=made(event_v2.Run, event["run"]),
        job=made(event_v2.Job, event["job"]),
        inputs=[made(event_v2.InputDataset, dataset) for dataset in inputs],
        outputs=[made(event_v2.OutputDataset, dataset) for dataset in outputs],
    )


def told(events):
    return [(event["job"]["name"], event["eventType"]) for event in events]


def test_openlineage_takes_every_event(collector, traced, failed):
    for run in (traced, failed):
        for event in events_of(collector, run):
            check_event(event)


def test_a_run_and_its_steps_start_and_complete_in_order(collector, traced):
    expected = [("airline", "START")]
    for step in STEPS:
        expected.append((f"airline.{step}", "START"))
        expected.append((f"airline.{step}", "COMPLETE"))
    expected.append(("airline", "COMPLETE"))
    assert told(events_of(collector, traced)) == expected


def test_a_failure_says_why(collector, failed):
    events = events_of(collector, failed)
    assert told(events)[1:] == [
        ("airline.load", "START"),
        ("airline.load", "FAIL"),
        ("airline", "FAIL"),
    ]
    for event in events[2:]:
        assert "nobody" in event["run"]["facets"]["errorMessage"]["message"]


def test_datasets_link_the_steps(collector, traced):
    complete = {
        event["job"]["name"]: event
        for event in events_of(collector, traced)
        if event["eventType"] == "COMPLETE"
    }
    made_by_prepare = {
        (dataset["namespace"], dataset["name"])
        for dataset in complete["airline.prepare"]["outputs"]
    }
    read_by_train = {
        (dataset["namespace"], dataset["name"])
        for dataset in complete["airline.train"]["inputs"]
    }
    assert len(read_by_train) == 4
    assert read_by_train < made_by_prepare
    parents = {
        event["run"]["facets"]["parent"]["run"]["runId"]
        for name, event in complete.items()
        if name != "airline"
    }
    assert parents == {complete["airline"]["run"]["runId"]}


def spans_of(collector, run):
    """{name: (service, span)} of the run, once its own span has come."""

    def collect(requests):
        found = {}
        for request in requests:
            for resource in request["resourceSpans"]:
                service = resource["resource"]["attributes"][0]
                assert service["key"] == "service.name"
                for span in resource["scopeSpans"][0]["spans"]:
                    if span["traceId"] == TRACE:
                        name = service["value"]["stringValue"]
                        found[span["name"]] = (name, span)
        return found

    collector.await_that(
        "/v1/traces", lambda requests: "run airline" in collect(requests)
    )
    return collect(collector.received("/v1/traces"))


def test_a_trace_goes_from_the_caller_to_what_the_stages_did(collector, traced):
    spans = spans_of(collector, traced)

    def parent(name):
        return spans[name][1].get("parentSpanId")

    def own(name):
        return spans[name][1]["spanId"]

    call = "stagecoach.v1.Orchestrator/CreateRun"
    assert parent(call) == CALLER
    assert parent("run airline") == own(call)
    assert traced.trace_parent == f"00-{TRACE}-{own('run airline')}-01"
    for step in STEPS:
        assert parent(f"{step}/1") == own("run airline")
        assert parent(f"execute {step}") == own(f"{step}/1")
        assert spans[f"execute {step}"][0] == f"stagecoach-{step}"


def test_a_span_lies_within_its_parent(collector, traced):
    spans = spans_of(collector, traced)
    times = {
        span["spanId"]: (
            int(span["startTimeUnixNano"]),
            int(span["endTimeUnixNano"]),
        )
        for _, span in spans.values()
    }
    run = spans["run airline"][1]
    wall = traced.end_time.ToNanoseconds() - traced.create_time.ToNanoseconds()
    start, end = times[run["spanId"]]
    assert end - start == wall
    for name, (_, span) in spans.items():
        if span["parentSpanId"] in (CALLER, run.get("parentSpanId")):
            continue
        outer, inner = times[span["parentSpanId"]], times[span["spanId"]]
        assert outer[0] <= inner[0] <= inner[1] <= outer[1], name


def test_stages_log_the_trace_that_they_work_for(user, traced):
    for step in STEPS:
        log = (
            user.cluster.run_folder(traced.id) / step / "logs/1.log"
        ).read_text()
        assert f"trace_id={TRACE}" in log
