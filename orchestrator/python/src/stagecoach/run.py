"""Runs, their steps and their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stagecoach._values import Value, from_parameter, from_timestamp, seconds
from stagecoach.artifact import Artifact
from stagecoach.errors import RunFailedError
from stagecoach.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from stagecoach.client import Client

_RUN_STATES = orchestrator_pb2.RunState
_STEP_STATES = orchestrator_pb2.StepState
_ENDED = ("succeeded", "failed", "cancelled")


def run_state(number: int) -> str:
    """Returns e.g. `succeeded`."""
    return str(_RUN_STATES.Name(number).removeprefix("RUN_STATE_").lower())


def step_state(number: int) -> str:
    """Returns e.g. `backing_off`."""
    return str(_STEP_STATES.Name(number).removeprefix("STEP_STATE_").lower())


@dataclass(frozen=True)
class Event:
    """Something that happened to a run.

    kind      `run`, `step` or `progress`.
    state     The new state of the run or step; empty for progress.
    step      Name of the step; empty for the run.
    fraction  Part of the step's work done, 0 to 1, for progress.
    metrics   Values by name, e.g. `loss`, for progress.
    message   A line for people; may be empty.
    cursor    Where to go on watching; 0 for progress, which is not kept.
    time      When it happened.
    proto     The whole event.
    """

    kind: str
    state: str
    step: str
    fraction: float
    metrics: dict[str, float]
    message: str
    cursor: int
    time: datetime
    proto: orchestrator_pb2.RunEvent

    @classmethod
    def of(cls, proto: orchestrator_pb2.RunEvent) -> Event:
        state, step, message, fraction = "", "", "", 0.0
        metrics: dict[str, float] = {}
        kind = str(proto.WhichOneof("event"))
        if kind == "run":
            state, message = run_state(proto.run.state), proto.run.error.message
        elif kind == "step":
            state, step = step_state(proto.step.state), proto.step.step
            message = proto.step.error.message
        else:
            report = proto.progress.progress
            step, message = proto.progress.step, report.message
            fraction, metrics = report.fraction, dict(report.metrics)
        return cls(
            kind=kind,
            state=state,
            step=step,
            fraction=fraction,
            metrics=metrics,
            message=message,
            cursor=proto.cursor,
            time=from_timestamp(proto.time),
            proto=proto,
        )


class Step:
    """One node of a run; `proto` is the whole record."""

    def __init__(self, client: Client, proto: orchestrator_pb2.Step) -> None:
        self._client = client
        self.proto = proto

    @property
    def name(self) -> str:
        return str(self.proto.name)

    @property
    def stage(self) -> str:
        """Name of the stage that does it."""
        return str(self.proto.stage)

    @property
    def state(self) -> str:
        """E.g. `running`, `succeeded`."""
        return step_state(self.proto.state)

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return len(self.proto.attempts)

    @property
    def outputs(self) -> dict[str, Artifact]:
        """What it wrote, by name."""
        return {
            output.name: Artifact(self._client, output)
            for output in self.proto.outputs
        }

    @property
    def metrics(self) -> dict[str, float]:
        """Final values of its last attempt by name."""
        if not self.proto.attempts:
            return {}
        return dict(self.proto.attempts[-1].metrics)

    def __repr__(self) -> str:
        return f"<Step {self.name} {self.state}>"


class Run:
    """One execution of a pipeline, as it was when it was last looked at.

    `proto` is the whole record.
    """

    def __init__(self, client: Client, proto: orchestrator_pb2.Run) -> None:
        self._client = client
        self.proto = proto

    @property
    def id(self) -> str:
        return str(self.proto.id)

    @property
    def pipeline(self) -> str:
        """Name of its pipeline."""
        return str(self.proto.pipeline_name)

    @property
    def state(self) -> str:
        """`pending`, `running`, `paused`, `stopping`, or how it ended:
        `succeeded`, `failed` or `cancelled`."""
        return run_state(self.proto.state)

    @property
    def ended(self) -> bool:
        """Whether its state is final."""
        return self.state in _ENDED

    @property
    def parameters(self) -> dict[str, Value | None]:
        """Its parameters by name, defaults filled in."""
        return {
            name: from_parameter(value)
            for name, value in self.proto.parameters.items()
        }

    @property
    def inputs(self) -> dict[str, Artifact]:
        """The artifacts given to it, by name."""
        return self._artifacts(self.proto.inputs)

    @property
    def outputs(self) -> dict[str, Artifact]:
        """Its results by name, once it has succeeded."""
        return self._artifacts(self.proto.outputs)

    @property
    def steps(self) -> dict[str, Step]:
        """Its steps by name, in the order of the pipeline."""
        return {
            step.name: Step(self._client, step) for step in self.proto.steps
        }

    @property
    def error_code(self) -> str:
        """E.g. `NOT_FOUND`; empty if there is no error."""
        if not self.proto.HasField("error"):
            return ""
        name = orchestrator_pb2.ErrorCode.Name(self.proto.error.code)
        return str(name.removeprefix("ERROR_CODE_"))

    @property
    def error_message(self) -> str:
        """Why it failed or was cancelled; empty otherwise."""
        return str(self.proto.error.message)

    @property
    def created(self) -> datetime:
        return from_timestamp(self.proto.create_time)

    @property
    def seconds(self) -> float:
        """How long it took, once it has ended."""
        return seconds(self.proto.times.wall)

    def refresh(self) -> Run:
        """Looks at it again, and returns it."""
        self.proto = self._client.get(self.id).proto
        return self

    def watch(self, after_cursor: int = 0) -> Iterator[Event]:
        """As Client.watch."""
        return self._client.watch(self.id, after_cursor)

    def wait(self, on_event: Callable[[Event], Any] | None = None) -> Run:
        """Waits until it has ended, tells `on_event` meanwhile; returns it.

        Raises RunFailedError if it ends otherwise than well.
        """
        if not self.ended:
            for event in self.watch():
                if on_event is not None:
                    on_event(event)
            self.refresh()
        if self.state != "succeeded":
            raise RunFailedError(self)
        return self

    def cancel(self, reason: str = "") -> Run:
        """Asks for it to stop; returns it."""
        self.proto = self._client.cancel(self.id, reason).proto
        return self

    def retry(self) -> Run:
        """Returns a new run that takes over the steps that had succeeded."""
        return self._client.retry(self.id)

    def log(self, step: str, attempt: int = 0) -> str:
        """As Client.log."""
        return self._client.log(self.id, step, attempt)

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.state}>"

    def _artifacts(self, protos: Any) -> dict[str, Artifact]:
        return {
            name: Artifact(self._client, proto)
            for name, proto in protos.items()
        }
