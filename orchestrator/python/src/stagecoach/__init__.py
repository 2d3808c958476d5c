"""Runs Stagecoach pipelines and reads their artifacts.

import stagecoach

client = stagecoach.Client()
run = client.run("airline", parameters={"epochs": 200})
print(run.outputs["forecast"].numpy())
"""

from stagecoach.artifact import Artifact
from stagecoach.client import Client
from stagecoach.errors import (
    AbortedError,
    AlreadyExistsError,
    CancelledError,
    DataLossError,
    DeadlineExceededError,
    Error,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    RunFailedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)
from stagecoach.run import Event, Run, Step

__all__ = [
    "AbortedError",
    "AlreadyExistsError",
    "Artifact",
    "CancelledError",
    "Client",
    "DataLossError",
    "DeadlineExceededError",
    "Error",
    "Event",
    "FailedPreconditionError",
    "InternalError",
    "InvalidArgumentError",
    "NotFoundError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "Run",
    "RunFailedError",
    "Step",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
]
