"""Finds the orchestrator, as the `stagecoach` command does."""

from __future__ import annotations

import json
import os
import pathlib

from stagecoach.errors import UnavailableError

_WHAT_TO_DO = (
    "start one with 'stagecoach up', or name an orchestrator: "
    "Client('HOST:PORT') or STAGECOACH_SERVER"
)


def _nearest_folder() -> pathlib.Path | None:
    here = pathlib.Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".stagecoach").is_dir():
            return folder / ".stagecoach"
    return None


def find_orchestrator() -> str:
    """Returns `host:port`.

    STAGECOACH_SERVER, else the local cluster in STAGECOACH_DIR, else that in
    `.stagecoach` here or in the nearest parent folder that has one.
    """
    server = os.environ.get("STAGECOACH_SERVER", "")
    if server:
        return server
    named = os.environ.get("STAGECOACH_DIR", "")
    folder = pathlib.Path(named) if named else _nearest_folder()
    if folder is None:
        raise UnavailableError(
            f"there is no cluster in {pathlib.Path.cwd()} or above it; "
            f"{_WHAT_TO_DO}"
        )
    try:
        endpoints = json.loads((folder / "run/orchestrator.json").read_text())
        return str(endpoints["grpc"])
    except (OSError, ValueError, KeyError) as error:
        raise UnavailableError(
            f"the cluster in {folder} is not running; {_WHAT_TO_DO}"
        ) from error
