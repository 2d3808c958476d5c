"""Where the programs are that were built, and how they are run."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("STAGECOACH_BUILD", ROOT / "build/release"))
BIN = BUILD / "bin"
SHARED_BIN = ROOT / "build/shared/bin"

LIMIT_SECONDS = 900


def kept():
    """A folder for files that are left, and for large ones."""
    folder = ROOT / "build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_json(command, **environment):
    """Runs a program that prints JSON; one that hangs is ended."""
    done = subprocess.run(
        [str(word) for word in command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}"
        )
    return json.loads(done.stdout)


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if "VmRSS" in line)
    return int(line.split()[1]) / 1024
