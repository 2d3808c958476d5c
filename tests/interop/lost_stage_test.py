"""A stage that is down, on a cluster of its own."""

import signal
import time

import grpc
import pytest
from client import Client
from cluster import Cluster
from stagecoach.v1 import orchestrator_pb2 as api

# The orchestrator learns it from the broken connection, at once.
NOTICE_SECONDS = 20


def serving(client, stage):
    stages = client.call("ListStages", api.ListStagesRequest()).stages
    replicas = next(found.replicas for found in stages if found.name == stage)
    return any(replica.serving for replica in replicas)


def test_a_run_that_needs_a_stage_that_is_down_is_refused_by_name(tmp_path):
    with (
        Cluster(tmp_path) as cluster,
        Client(cluster.orchestrator_address) as client,
    ):
        cluster.kill("prepare", signal.SIGKILL)
        deadline = time.monotonic() + NOTICE_SECONDS
        while serving(client, "prepare"):
            assert time.monotonic() < deadline, "still taken for serving"
        with pytest.raises(grpc.RpcError) as error:
            client.create("airline")
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        assert "prepare" in error.value.details()
