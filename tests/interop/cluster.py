"""A local cluster of real processes, by `stagecoach up` and `down`."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("STAGECOACH_BUILD", ROOT / "build/release"))

# Beyond this the cluster hangs.
START_SECONDS = 120


class Cluster:
    """Up inside a `with`; keeps all its files in `folder`. Its programs see
    `environment` beside that of the test."""

    def __init__(self, folder, environment=None):
        self._folder = folder
        self._environment = {**os.environ, **(environment or {})}
        self._servers = {}

    def __enter__(self):
        try:
            self._stagecoach("up")
        except RuntimeError:
            self._stagecoach("down")
            raise
        for file in (self._folder / "run").glob("*.json"):
            self._servers[file.stem] = json.loads(file.read_text())
        return self

    def __exit__(self, *_):
        self._stagecoach("down")

    def _stagecoach(self, verb):
        done = subprocess.run(
            [BUILD / "bin/stagecoach", verb, "--dir", self._folder],
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=START_SECONDS,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"stagecoach {verb} failed:\n{done.stdout}{done.stderr}"
            )

    @property
    def folder(self):
        return self._folder

    @property
    def orchestrator_address(self):
        return self._servers["orchestrator"]["grpc"]

    @property
    def http_address(self):
        return self._servers["orchestrator"]["http"]

    @property
    def volume(self):
        """Where the volume `artifacts` is on this machine."""
        return self._folder / "volume"

    def path(self, uri):
        """The file that a URI names."""
        volume, _, path = uri.removeprefix("pvc://").partition("/")
        assert uri.startswith("pvc://") and volume == "artifacts", uri
        return self.volume / path

    def run_folder(self, run_id):
        return self.volume / "runs" / run_id

    def kill(self, server, signal):
        os.kill(self._servers[server]["pid"], signal)

    def dead_processes(self):
        """The servers that have ended though nobody asked them to."""
        return [
            name
            for name, server in self._servers.items()
            if not pathlib.Path(f"/proc/{server['pid']}").exists()
        ]
