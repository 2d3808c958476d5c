"""The policy has teeth: each rule finds what it is there for."""

import copy

import policy
import pytest
from manifests import render_overlay


def workload(objects, name="stage-train"):
    return next(
        thing
        for thing in policy.workloads(objects)
        if thing["metadata"]["name"] == name
    )


def container(objects):
    return policy.pod(workload(objects))["containers"][0]


def only(objects, kind, name=None):
    return next(
        thing
        for thing in objects
        if thing["kind"] == kind
        and (name is None or thing["metadata"]["name"] == name)
    )


def grant(objects):
    objects.append({"kind": "ClusterRole", "metadata": {"name": "all"}})


# (rule, what breaks it)
BREAKS = [
    ("restricted_security", lambda o: container(o).pop("securityContext")),
    (
        "restricted_security",
        lambda o: policy.pod(workload(o)).update(hostNetwork=True),
    ),
    ("no_rights_in_the_cluster", grant),
    (
        "no_rights_in_the_cluster",
        lambda o: policy.pod(workload(o)).pop("automountServiceAccountToken"),
    ),
    (
        "nothing_is_tied_to_a_node",
        lambda o: policy.pod(workload(o)).update(nodeName="node-1"),
    ),
    (
        "nothing_is_tied_to_a_node",
        lambda o: policy.pod(workload(o))["volumes"].append(
            {"name": "x", "hostPath": {"path": "/data"}}
        ),
    ),
    ("probes_and_resources", lambda o: container(o).pop("readinessProbe")),
    ("probes_and_resources", lambda o: container(o).pop("resources")),
    (
        "liveness_never_asks_about_the_volume",
        lambda o: container(o)["livenessProbe"]["grpc"].pop("service"),
    ),
    (
        "grace_is_longer_than_the_drain",
        lambda o: policy.pod(workload(o)).update(
            terminationGracePeriodSeconds=30
        ),
    ),
    ("grace_is_longer_than_the_drain", lambda o: container(o).pop("lifecycle")),
    (
        "configuration_rolls_out",
        lambda o: container(o).update(
            envFrom=[{"configMapRef": {"name": "settings"}}]
        ),
    ),
    (
        "disruptions_are_bounded",
        lambda o: o.remove(only(o, "PodDisruptionBudget", "stage-train")),
    ),
    (
        "nothing_talks_unless_allowed",
        lambda o: o.remove(only(o, "NetworkPolicy", "default-deny")),
    ),
    (
        "nothing_talks_unless_allowed",
        lambda o: only(o, "NetworkPolicy", "stages")["spec"]["ingress"][0].pop(
            "from"
        ),
    ),
    (
        "services_reach_one_workload",
        lambda o: only(o, "Service", "stage-train")["spec"].update(
            selector={"app.kubernetes.io/component": "stage"}
        ),
    ),
    (
        "one_name_for_clients_and_one_per_replica",
        lambda o: only(o, "Service", "stage-train")["spec"].pop("clusterIP"),
    ),
    (
        "artifacts_are_on_hard_nfs",
        lambda o: only(o, "PersistentVolume")["spec"].update(
            mountOptions=["soft"]
        ),
    ),
    (
        "scaling_down_is_slow",
        lambda o: only(o, "HorizontalPodAutoscaler")["spec"]["behavior"][
            "scaleDown"
        ].update(stabilizationWindowSeconds=0),
    ),
]


@pytest.fixture(scope="module")
def production():
    return render_overlay("production")


def test_every_rule_is_tried():
    assert {name for name, _ in BREAKS} == {r.__name__ for r in policy.RULES}


@pytest.mark.parametrize("name, spoil", BREAKS)
def test_the_rule_finds_what_breaks_it(production, name, spoil):
    rule = getattr(policy, name)
    assert list(rule(production)) == []
    objects = copy.deepcopy(production)
    spoil(objects)
    assert list(rule(objects)) != []
