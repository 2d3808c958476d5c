"""What the interop tests share: a cluster of real processes and a client.

The Python stubs are generated from proto/ into a temporary folder, so that the
tests speak the contract as it is now.
"""

import importlib.resources
import pathlib
import sys
import tempfile

import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

_stubs = tempfile.TemporaryDirectory(prefix="stagecoach-stubs-")


def _generate_stubs():
    proto = ROOT / "proto"
    known = importlib.resources.files("grpc_tools") / "_proto"
    command = [
        "protoc",
        f"-I{proto}",
        f"-I{known}",
        f"--python_out={_stubs.name}",
        f"--grpc_python_out={_stubs.name}",
    ]
    command += map(str, sorted((proto / "stagecoach").rglob("*.proto")))
    if protoc.main(command) != 0:
        raise RuntimeError("the protos do not compile for Python")
    sys.path.insert(0, _stubs.name)


_generate_stubs()

from client import Client  # noqa: E402  It needs the stubs.
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
def airline(client):
    """The reference run with seed 0: every report of it, in order."""
    return client.execute("airline", parameters={"seed": 0})
