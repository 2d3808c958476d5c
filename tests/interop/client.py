"""The Orchestrator API as it is on the wire, report by report."""

import dataclasses

import stagecoach
from stagecoach._values import to_parameters
from stagecoach.v1 import orchestrator_pb2 as api

# A run that takes longer than this hangs.
DEADLINE_SECONDS = 120


@dataclasses.dataclass
class Execution:
    """All that ExecuteRun reported."""

    created: api.Run
    events: list
    ended: api.Run

    @property
    def id(self):
        return self.ended.id

    def step(self, name):
        return next(step for step in self.ended.steps if step.name == name)

    def artifact(self, step, name):
        return next(
            output for output in self.step(step).outputs if output.name == name
        )

    def artifacts(self):
        return [output for step in self.ended.steps for output in step.outputs]


def run_request(pipeline, parameters=None, inputs=None, key=""):
    return api.RunRequest(
        pipeline=pipeline,
        parameters=to_parameters(parameters),
        inputs=inputs or {},
        idempotency_key=key,
    )


class Client:
    """The stub of the package's client, a deadline on every call: for tests of
    what is on the wire."""

    def __init__(self, address):
        self._client = stagecoach.Client(address)
        self.stub = self._client.stub

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def call(self, method, request):
        return getattr(self.stub, method)(request, timeout=DEADLINE_SECONDS)

    def start_execution(self, pipeline, **options):
        """Returns the open stream of ExecuteRun."""
        request = api.ExecuteRunRequest(run=run_request(pipeline, **options))
        return self.stub.ExecuteRun(request, timeout=DEADLINE_SECONDS)

    def execute(self, pipeline, **options):
        """Runs a pipeline to its end, well or not."""
        reports = list(self.start_execution(pipeline, **options))
        assert reports[0].HasField("created")
        assert reports[-1].HasField("ended")
        assert all(report.HasField("event") for report in reports[1:-1])
        return Execution(
            reports[0].created,
            [report.event for report in reports[1:-1]],
            reports[-1].ended,
        )

    def create(self, pipeline, **options):
        request = api.CreateRunRequest(run=run_request(pipeline, **options))
        return self.call("CreateRun", request).run

    def get(self, run_id):
        return self.call("GetRun", api.GetRunRequest(run_id=run_id)).run

    def watch(self, run_id, after_cursor=0):
        """Returns the events of a run until its end."""
        request = api.WatchRunRequest(run_id=run_id, after_cursor=after_cursor)
        return [response.event for response in self.call("WatchRun", request)]

    def read_artifact(self, uri):
        """Returns (the artifact's record, its bytes)."""
        chunks = list(
            self.call("ReadArtifact", api.ReadArtifactRequest(uri=uri))
        )
        assert not any(chunk.HasField("artifact") for chunk in chunks[1:])
        assert all(len(chunk.data) <= 1 << 20 for chunk in chunks)
        return chunks[0].artifact, b"".join(chunk.data for chunk in chunks)
