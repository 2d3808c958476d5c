"""Real processes of Stagecoach on this machine, started, scaled and stopped as
a cluster would do it, and used by its own command."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("STAGECOACH_BUILD", ROOT / "build/release"))
STAGES = ("load", "prepare", "train", "forecast")

# Beyond these something hangs.
START_SECONDS = 60
RUN_SECONDS = 120
STOP_SECONDS = 60


def wait_until(condition, seconds, what):
    """Returns the first true value of `condition()`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, (
            f"after {seconds} s still not {what}"
        )
        time.sleep(0.05)


class Server:
    """One process; serves once it is made."""

    def __init__(self, folder, name, program, flags, environment=None):
        self.name = name
        self.log = folder / f"{name}.log"
        file = folder / f"{name}.json"
        file.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    BUILD / "bin" / program,
                    f"--volume=artifacts={folder / 'volume'}",
                    "--metrics-listen=127.0.0.1:0",
                    f"--endpoints-file={file}",
                    *flags,
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        wait_until(
            lambda: file.exists() or self._process.poll() is not None,
            START_SECONDS,
            f"{name} serving",
        )
        if not file.exists():
            raise RuntimeError(f"{name} ended:\n{self.log.read_text()}")
        endpoints = json.loads(file.read_text())
        self.grpc, self.metrics = endpoints["grpc"], endpoints["metrics"]

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self):
        """Returns the exit code."""
        return self._process.wait(STOP_SECONDS)

    def stop(self):
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait()

    def running(self):
        return self._process.poll() is None

    def scrape(self):
        url = f"http://{self.metrics}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()


class System:
    """Stages and an orchestrator; everything is in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = {}
        data = folder / "volume/data"
        data.mkdir(parents=True)
        for file in (ROOT / "deploy/data").glob("*.csv"):
            shutil.copy(file, data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The orchestrator first, so that nobody misses the stages.
        for server in sorted(
            self.servers.values(), key=lambda s: s.name != "orchestrator"
        ):
            if server.running():
                server.stop()

    def start_stage(self, stage, name=None, listen="127.0.0.1:0", flags=()):
        return self._start(
            name or stage, f"stagecoach-{stage}", [f"--listen={listen}", *flags]
        )

    def start_orchestrator(self, addresses, flags=(), environment=None):
        """`addresses`: {stage: value of the flag}."""
        return self._start(
            "orchestrator",
            "stagecoach-orchestrator",
            [
                "--listen=127.0.0.1:0",
                f"--store=sqlite:{self.folder / 'runs.db'}",
                f"--pipelines={ROOT / 'deploy/pipelines'}",
                *[f"--stage={n}={a}" for n, a in addresses.items()],
                *flags,
            ],
            environment,
        )

    def _start(self, name, program, flags, environment=None):
        server = Server(self.folder, name, program, flags, environment)
        self.servers[name] = server
        return server

    def command(self, *arguments):
        """The command `stagecoach`, ended; its exit code is looked at by the
        caller."""
        return subprocess.run(
            self._command(arguments),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )

    def start_command(self, *arguments):
        """The same, still running."""
        return subprocess.Popen(
            self._command(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _command(self, arguments):
        server = self.servers["orchestrator"].grpc
        return [BUILD / "bin/stagecoach", *arguments, f"--server={server}"]

    def run(self, *arguments):
        """A run that has to succeed."""
        done = self.command("run", "airline", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def start_run(self, *arguments):
        """Returns the id of a run that goes on by itself."""
        done = self.command("run", "airline", "--detach", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split()[-1]

    def get(self, run_id):
        done = self.command("get", run_id, "-o", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def await_step(self, run_id, step, state):
        """Returns the run once its step is in `state`."""

        def reached():
            run = self.get(run_id)
            found = {s["name"]: s["state"] for s in run["steps"]}
            return run if found[step] == f"STEP_STATE_{state}" else None

        return wait_until(reached, RUN_SECONDS, f"{step} {state}")

    def await_end(self, run_id):
        ended = ("SUCCEEDED", "FAILED", "CANCELLED")

        def reached():
            run = self.get(run_id)
            return run if run["state"].endswith(ended) else None

        return wait_until(reached, RUN_SECONDS, f"{run_id} at its end")
