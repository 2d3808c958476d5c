"""The client: everything starts here."""

from __future__ import annotations

import hashlib
import pathlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import grpc

from stagecoach._discovery import find_orchestrator
from stagecoach._values import Value, to_parameters, to_timestamp
from stagecoach.artifact import Artifact
from stagecoach.errors import (
    DataLossError,
    InvalidArgumentError,
    UnavailableError,
    translated,
)
from stagecoach.run import Event, Run
from stagecoach.v1 import (
    orchestrator_pb2,
    orchestrator_pb2_grpc,
    pipeline_pb2,
)

Input = str | pathlib.Path | Artifact

_PIECE_BYTES = 1 << 20
# From one try to the next while the orchestrator does not answer.
_PAUSE_SECONDS = 0.5
# A connection that went silent is noticed by then.
_CHANNEL_OPTIONS = [
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
]


class Client:
    """A connection to an orchestrator. Safe to use from several threads.

    Every method raises an `Error` of this package: `NotFoundError`,
    `InvalidArgumentError`, ... The message says what was wrong and what would
    be right.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        timeout: float = 60.0,
        patience: float = 10.0,
    ) -> None:
        """Connects to `address`, `host:port`.

        Without one it is STAGECOACH_SERVER, else the local cluster that
        `stagecoach up` has started: in STAGECOACH_DIR, else in `.stagecoach`
        here or in a parent folder.

        timeout   How long a call with one answer may take, in seconds.
        patience  How long to try again, in seconds, when the orchestrator goes
                  away while a run is created or watched: it may be restarted.
        """
        self.address = address or find_orchestrator()
        self._timeout = timeout
        self._patience = patience
        self._channel = grpc.insecure_channel(
            self.address, options=_CHANNEL_OPTIONS
        )
        # The stub of gRPC, for what this class does not offer.
        self.stub: Any = orchestrator_pb2_grpc.OrchestratorStub(  # type: ignore[no-untyped-call]
            self._channel
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._channel.close()

    # Runs.

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, Value] | None = None,
        inputs: Mapping[str, Input] | None = None,
        *,
        on_event: Callable[[Event], Any] | None = None,
        **options: Any,
    ) -> Run:
        """Runs a pipeline to its end and returns the run.

        parameters  Values by name; those left out take their default.
        inputs      By name: a file of this machine, which is uploaded, the URI
                    of an artifact (`pvc://...`), or an Artifact.
        on_event    Is called with each Event as it happens.
        options     As of `start`.

        Raises RunFailedError if it ends otherwise than well.
        """
        run = self.start(pipeline, parameters, inputs, **options)
        return run.wait(on_event)

    def start(
        self,
        pipeline: str,
        parameters: Mapping[str, Value] | None = None,
        inputs: Mapping[str, Input] | None = None,
        *,
        idempotency_key: str = "",
        volume: str = "",
        priority: int = 0,
        cache: bool | None = None,
        trace_parent: str = "",
    ) -> Run:
        """Creates a run and returns it; it is durable then.

        idempotency_key  The same key makes the same run, however often it is
                         asked for.
        volume           Volume to write to; the orchestrator's first if empty.
        priority         Its steps go before those of a smaller number.
        cache            Whether to take results of equal earlier steps; None:
                         as the pipeline says.
        trace_parent     W3C `traceparent` of the caller.
        """
        modes = {
            None: orchestrator_pb2.CACHE_MODE_UNSPECIFIED,
            True: orchestrator_pb2.CACHE_MODE_ON,
            False: orchestrator_pb2.CACHE_MODE_OFF,
        }
        request = orchestrator_pb2.CreateRunRequest(
            run=orchestrator_pb2.RunRequest(
                pipeline=pipeline,
                parameters=to_parameters(parameters),
                inputs=self._to_uris(inputs),
                # So that a second try cannot make a second run.
                idempotency_key=idempotency_key or uuid.uuid4().hex,
                volume=volume,
                priority=priority,
                cache_mode=modes[cache],
            )
        )
        metadata = [("traceparent", trace_parent)] if trace_parent else []
        response = self._patiently(
            lambda: self._call(self.stub.CreateRun, request, metadata=metadata)
        )
        return Run(self, response.run)

    def get(self, run_id: str) -> Run:
        """Returns a run."""
        request = orchestrator_pb2.GetRunRequest(run_id=run_id)
        return Run(self, self._call(self.stub.GetRun, request).run)

    def runs(
        self,
        pipeline: str = "",
        state: str = "",
        *,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Iterator[Run]:
        """Yields runs, newest first, without steps' attempts and outputs."""
        request = orchestrator_pb2.ListRunsRequest(pipeline=pipeline)
        if state:
            request.state = self._run_state(state)
        if created_after is not None:
            request.created_after.CopyFrom(to_timestamp(created_after))
        if created_before is not None:
            request.created_before.CopyFrom(to_timestamp(created_before))
        while True:
            page = self._call(self.stub.ListRuns, request)
            for run in page.runs:
                yield Run(self, run)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def watch(self, run_id: str, after_cursor: int = 0) -> Iterator[Event]:
        """Yields the events of a run after `after_cursor` until it has ended.

        If the connection breaks, it is made again where it broke.
        """
        give_up = time.monotonic() + self._patience
        while True:
            try:
                for event in self._watch_once(run_id, after_cursor):
                    give_up = time.monotonic() + self._patience
                    after_cursor = event.cursor or after_cursor
                    yield event
                return
            except UnavailableError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def cancel(self, run_id: str, reason: str = "") -> Run:
        """Asks for a run to stop; one that has ended stays as it is."""
        request = orchestrator_pb2.CancelRunRequest(
            run_id=run_id, reason=reason
        )
        return Run(self, self._call(self.stub.CancelRun, request).run)

    def retry(self, run_id: str, idempotency_key: str = "") -> Run:
        """Returns a new run that takes over the steps that had succeeded."""
        request = orchestrator_pb2.RetryRunRequest(
            run_id=run_id, idempotency_key=idempotency_key or uuid.uuid4().hex
        )
        response = self._patiently(
            lambda: self._call(self.stub.RetryRun, request)
        )
        return Run(self, response.run)

    def pause(self, run_id: str) -> Run:
        """Keeps a run from starting further attempts."""
        request = orchestrator_pb2.PauseRunRequest(run_id=run_id)
        return Run(self, self._call(self.stub.PauseRun, request).run)

    def resume(self, run_id: str) -> Run:
        """Lets a paused run go on."""
        request = orchestrator_pb2.ResumeRunRequest(run_id=run_id)
        return Run(self, self._call(self.stub.ResumeRun, request).run)

    def delete(self, run_id: str) -> None:
        """Deletes the record of a run that has ended."""
        request = orchestrator_pb2.DeleteRunRequest(run_id=run_id)
        self._call(self.stub.DeleteRun, request)

    def log(self, run_id: str, step: str, attempt: int = 0) -> str:
        """Returns the log of an attempt at a step; 0: the newest."""
        request = orchestrator_pb2.ReadLogRequest(
            run_id=run_id, step=step, attempt=attempt
        )
        with translated():
            parts = self.stub.ReadLog(request, timeout=self._timeout)
            return b"".join(part.data for part in parts).decode()

    # Artifacts.

    def upload(
        self,
        path: str | pathlib.Path,
        *,
        name: str = "",
        volume: str = "",
    ) -> Artifact:
        """Writes a file of this machine to a volume.

        name  What it is called there; the file's own name if empty.

        The same bytes under the same name give the same URI.
        """
        file = pathlib.Path(path)
        digest = hashlib.sha256()
        header = orchestrator_pb2.UploadHeader(
            file_name=name or file.name,
            volume=volume,
            size_bytes=file.stat().st_size,
        )

        def parts() -> Iterator[orchestrator_pb2.UploadArtifactRequest]:
            yield orchestrator_pb2.UploadArtifactRequest(header=header)
            with file.open("rb") as stream:
                while piece := stream.read(_PIECE_BYTES):
                    digest.update(piece)
                    yield orchestrator_pb2.UploadArtifactRequest(data=piece)

        with translated():
            stored = self.stub.UploadArtifact(parts()).artifact
        if stored.sha256 != digest.hexdigest():
            raise DataLossError(
                f"{file} has SHA-256 {digest.hexdigest()}, but {stored.sha256} "
                "was stored"
            )
        return Artifact(self, stored)

    def artifact(self, uri: str) -> Artifact:
        """Returns an artifact that a run has recorded, by its URI."""
        request = orchestrator_pb2.GetLineageRequest(uri=uri)
        lineage = self._call(self.stub.GetLineage, request)
        return Artifact(self, lineage.artifact.artifact)

    def lineage(self, uri: str) -> orchestrator_pb2.GetLineageResponse:
        """Says what made an artifact and which steps have read it."""
        request = orchestrator_pb2.GetLineageRequest(uri=uri)
        found: orchestrator_pb2.GetLineageResponse = self._call(
            self.stub.GetLineage, request
        )
        return found

    # Pipelines and stages.

    def pipelines(self) -> list[pipeline_pb2.Pipeline]:
        """Returns the newest version of every pipeline."""
        request = orchestrator_pb2.ListPipelinesRequest()
        return list(self._call(self.stub.ListPipelines, request).pipelines)

    def pipeline(self, name: str, version: int = 0) -> pipeline_pb2.Pipeline:
        """Returns a pipeline; version 0 is the newest."""
        request = orchestrator_pb2.GetPipelineRequest(
            name=name, version=version
        )
        found: pipeline_pb2.Pipeline = self._call(
            self.stub.GetPipeline, request
        ).pipeline
        return found

    def apply(
        self, path: str | pathlib.Path, *, validate_only: bool = False
    ) -> pipeline_pb2.Pipeline:
        """Makes the pipeline in a YAML file the newest under its name."""
        file = pathlib.Path(path)
        request = orchestrator_pb2.ApplyPipelineRequest(
            yaml=file.read_text(encoding="utf-8"),
            file_name=str(path),
            validate_only=validate_only,
        )
        applied: pipeline_pb2.Pipeline = self._call(
            self.stub.ApplyPipeline, request
        ).pipeline
        return applied

    def stages(self) -> list[orchestrator_pb2.StageStatus]:
        """Returns the stages with what they take, and their replicas."""
        request = orchestrator_pb2.ListStagesRequest()
        return list(self._call(self.stub.ListStages, request).stages)

    def _call(self, method: Any, request: Any, **options: Any) -> Any:
        with translated():
            return method(request, timeout=self._timeout, **options)

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """Calls until it is answered; for what may be repeated."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return call()
            except UnavailableError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _watch_once(self, run_id: str, after_cursor: int) -> Iterator[Event]:
        request = orchestrator_pb2.WatchRunRequest(
            run_id=run_id, after_cursor=after_cursor
        )
        with translated():
            stream = self.stub.WatchRun(request)
            try:
                for response in stream:
                    yield Event.of(response.event)
            finally:
                stream.cancel()

    def _to_uris(self, inputs: Mapping[str, Input] | None) -> dict[str, str]:
        return {
            name: self._to_uri(name, value)
            for name, value in (inputs or {}).items()
        }

    def _to_uri(self, name: str, value: Input) -> str:
        if isinstance(value, Artifact):
            return value.uri
        if isinstance(value, str) and "://" in value:
            return value
        if not pathlib.Path(value).is_file():
            raise InvalidArgumentError(
                f"input {name!r} is {str(value)!r}; it must be a file of this "
                "machine or a URI such as pvc://artifacts/data/mine.csv"
            )
        return self.upload(value).uri

    @staticmethod
    def _run_state(state: str) -> Any:
        names = orchestrator_pb2.RunState.keys()
        wanted = f"RUN_STATE_{state.upper()}"
        if wanted not in names:
            known = [
                name.removeprefix("RUN_STATE_").lower() for name in names[1:]
            ]
            raise InvalidArgumentError(
                f"state is {state!r}; it must be one of {', '.join(known)}"
            )
        return orchestrator_pb2.RunState.Value(wanted)
