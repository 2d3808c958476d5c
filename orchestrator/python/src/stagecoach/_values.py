"""Between Python values and the API's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from stagecoach.v1 import stage_pb2

Value = bool | int | float | str | Sequence[str]


def to_parameter(name: str, value: Value) -> stage_pb2.ParameterValue:
    """Returns the value as a message, keeping its type."""
    # bool first: it is also an int.
    if isinstance(value, bool):
        return stage_pb2.ParameterValue(boolean_value=value)
    if isinstance(value, int):
        return stage_pb2.ParameterValue(integer_value=value)
    if isinstance(value, float):
        return stage_pb2.ParameterValue(number_value=value)
    if isinstance(value, str):
        return stage_pb2.ParameterValue(string_value=value)
    if isinstance(value, Sequence) and all(
        isinstance(each, str) for each in value
    ):
        return stage_pb2.ParameterValue(
            string_list_value=stage_pb2.StringList(values=value)
        )
    raise TypeError(
        f"parameter {name!r} is a {type(value).__name__}; it must be a bool, "
        "int, float, str or a list of str"
    )


def to_parameters(
    values: Mapping[str, Value] | None,
) -> dict[str, stage_pb2.ParameterValue]:
    return {
        name: to_parameter(name, value)
        for name, value in (values or {}).items()
    }


def from_parameter(value: stage_pb2.ParameterValue) -> Value | None:
    """Returns the Python value of a message; None if it holds none."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return None
    if kind == "string_list_value":
        return list(value.string_list_value.values)
    found: Value = getattr(value, kind)
    return found


def to_timestamp(time: datetime) -> Timestamp:
    """Returns a time, in the local zone if it names none."""
    stamp = Timestamp()
    stamp.FromDatetime(time.astimezone(UTC))
    return stamp


def from_timestamp(message: Timestamp) -> datetime:
    time: datetime = message.ToDatetime(tzinfo=UTC)
    return time


def seconds(duration: Duration) -> float:
    return float(duration.seconds) + duration.nanos / 1e9
