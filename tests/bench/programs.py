"""Where the programs are that were built, and how they are run."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import threading

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


@contextlib.contextmanager
def answering(command, **environment):
    """Starts a program that prints a line of JSON for each line that it is
    given. What is yielded asks for one. One that hangs is ended."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            words,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        limit = threading.Timer(LIMIT_SECONDS, process.kill)
        limit.start()

        def ask():
            process.stdin.write("\n")
            process.stdin.flush()
            if answer := process.stdout.readline():
                return json.loads(answer)
            errors.seek(0)
            raise RuntimeError(f"{' '.join(words)} failed:\n{errors.read()}")

        try:
            yield ask
        finally:
            process.stdin.close()
            process.wait()
            process.stdout.close()
            limit.cancel()


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if "VmRSS" in line)
    return int(line.split()[1]) / 1024
