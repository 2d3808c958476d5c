"""What the interop tests share: a cluster of real processes and clients.

The Python client package is installed from the repository into a temporary
folder, with stubs made from proto/, so that the tests speak the contract as it
is now.
"""

import pathlib
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "orchestrator/python"

_installed = tempfile.TemporaryDirectory(prefix="stagecoach-client-")


def _install_package():
    # What it depends on and is built with is in requirements.txt.
    command = [sys.executable, "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-build-isolation"]
    command += ["--no-deps", "--target", _installed.name, str(PACKAGE)]
    subprocess.run(command, check=True)
    sys.path.insert(0, _installed.name)


_install_package()

import stagecoach  # noqa: E402  It was just installed.
from client import Client  # noqa: E402
from cluster import Cluster  # noqa: E402


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A local cluster, up for all tests; all its processes live to the end."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
        assert running.dead_processes() == []


@pytest.fixture(scope="session")
def client(cluster):
    with Client(cluster.orchestrator_address) as connected:
        yield connected


@pytest.fixture(scope="session")
def package(cluster):
    """A client of the package, as a user has it."""
    with stagecoach.Client(cluster.orchestrator_address) as connected:
        yield connected


@pytest.fixture(scope="session")
def installed():
    """The folder that the package was installed into."""
    return pathlib.Path(_installed.name)


@pytest.fixture(scope="session")
def airline(client):
    """The reference run with seed 0: every report of it, in order."""
    return client.execute("airline", parameters={"seed": 0})
