"""What calls raise: one class for each code of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from stagecoach.run import Run


class Error(Exception):
    """An error of the orchestrator; `code` is its name, e.g. `NOT_FOUND`."""

    code = "UNKNOWN"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidArgumentError(Error, ValueError):
    """The request is wrong; the message says what would be right."""

    code = "INVALID_ARGUMENT"


class OutOfRangeError(InvalidArgumentError):
    """A value is beyond what is allowed."""

    code = "OUT_OF_RANGE"


class NotFoundError(Error, LookupError):
    """Something that was named is not there."""

    code = "NOT_FOUND"


class AlreadyExistsError(Error):
    """The idempotency key belongs to another request."""

    code = "ALREADY_EXISTS"


class FailedPreconditionError(Error):
    """The state or the data must be mended first."""

    code = "FAILED_PRECONDITION"


class PermissionDeniedError(Error, PermissionError):
    """Not allowed."""

    code = "PERMISSION_DENIED"


class UnauthenticatedError(Error):
    """The caller is not known."""

    code = "UNAUTHENTICATED"


class ResourceExhaustedError(Error):
    """No room, memory or slot, or over a limit."""

    code = "RESOURCE_EXHAUSTED"


class UnavailableError(Error, ConnectionError):
    """The orchestrator, a stage or a volume does not answer: try again."""

    code = "UNAVAILABLE"


class DeadlineExceededError(Error, TimeoutError):
    """It took too long."""

    code = "DEADLINE_EXCEEDED"


class AbortedError(Error):
    """Somebody newer has taken over."""

    code = "ABORTED"


class CancelledError(Error):
    """Cancelled on request."""

    code = "CANCELLED"


class DataLossError(Error):
    """Data differs from its digest."""

    code = "DATA_LOSS"


class UnimplementedError(Error):
    """This orchestrator does not offer it."""

    code = "UNIMPLEMENTED"


class InternalError(Error):
    """A defect of the orchestrator's."""

    code = "INTERNAL"


class RunFailedError(Error):
    """A run ended otherwise than well; `run` is the run as it ended."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"run {run.id} {run.state}: {run.error_message}")
        self.run = run
        self.code = run.error_code


_BY_CODE: dict[str, type[Error]] = {
    kind.code: kind
    for kind in (
        AbortedError,
        AlreadyExistsError,
        CancelledError,
        DataLossError,
        DeadlineExceededError,
        FailedPreconditionError,
        InternalError,
        InvalidArgumentError,
        NotFoundError,
        OutOfRangeError,
        PermissionDeniedError,
        ResourceExhaustedError,
        UnauthenticatedError,
        UnavailableError,
        UnimplementedError,
    )
}


def from_grpc(error: grpc.RpcError) -> Error:
    """Returns the error of ours that a gRPC error stands for."""
    code = error.code().name
    return _BY_CODE.get(code, Error)(error.details() or code)


@contextmanager
def translated() -> Iterator[None]:
    """Raises gRPC's errors as ours."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_grpc(error) from error
