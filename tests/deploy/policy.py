"""What every object that we deploy has to be like, as functions of one
rendered set of objects that yield one line a violation."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
# Kinds whose meaning is rights in the cluster.
RIGHTS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
# Besides preStop and draining: saving checkpoints, and a margin.
SAVE_SECONDS = 10
MARGIN_SECONDS = 5


def label(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def workloads(objects):
    return [thing for thing in objects if thing["kind"] in WORKLOADS]


def pod(workload):
    return workload["spec"]["template"]["spec"]


def containers(workload):
    spec = pod(workload)
    return spec.get("initContainers", []) + spec["containers"]


def restricted_security(objects):
    """Pod Security Standards, level `restricted`, and a little more."""
    for workload in workloads(objects):
        name, spec = label(workload), pod(workload)
        context = spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True:
            yield f"{name}: runAsNonRoot is not true"
        if not context.get("runAsUser"):
            yield f"{name}: no fixed uid"
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: seccompProfile is not RuntimeDefault"
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field):
                yield f"{name}: {field}"
        for container in containers(workload):
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False:
                yield f"{name}: allowPrivilegeEscalation is not false"
            if own.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: readOnlyRootFilesystem is not true"
            if own.get("capabilities", {}).get("drop") != ["ALL"]:
                yield f"{name}: keeps capabilities"
            if own.get("privileged"):
                yield f"{name}: privileged"
            for port in container.get("ports", []):
                if "hostPort" in port:
                    yield f"{name}: hostPort"


def no_rights_in_the_cluster(objects):
    accounts = {
        thing["metadata"]["name"]: thing
        for thing in objects
        if thing["kind"] == "ServiceAccount"
    }
    for thing in objects:
        if thing["kind"] in RIGHTS:
            yield f"{label(thing)}: grants rights"
    for workload in workloads(objects):
        name, spec = label(workload), pod(workload)
        account = accounts.get(spec.get("serviceAccountName"))
        if account is None:
            yield f"{name}: has no ServiceAccount of its own"
        elif account.get("automountServiceAccountToken") is not False:
            yield f"{name}: its ServiceAccount mounts a token"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: mounts a token"


def nothing_is_tied_to_a_node(objects):
    for thing in objects:
        if thing["kind"] == "PersistentVolume":
            for field in ("hostPath", "local", "nodeAffinity"):
                if field in thing["spec"]:
                    yield f"{label(thing)}: {field}"
    for workload in workloads(objects):
        name, spec = label(workload), pod(workload)
        for field in ("nodeName", "nodeSelector"):
            if field in spec:
                yield f"{name}: {field}"
        if "nodeAffinity" in spec.get("affinity", {}):
            yield f"{name}: nodeAffinity"
        for volume in spec.get("volumes", []):
            if "hostPath" in volume:
                yield f"{name}: volume {volume['name']} is a hostPath"
        if not spec.get("topologySpreadConstraints"):
            yield f"{name}: may end up on one node alone"


def probes_and_resources(objects):
    for workload in workloads(objects):
        for container in containers(workload):
            name = f"{label(workload)}, container {container['name']}"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{name}: no {probe}"
            resources = container.get("resources", {})
            requests = resources.get("requests", {})
            limits = resources.get("limits", {})
            if "cpu" not in requests or "memory" not in requests:
                yield f"{name}: does not say what it needs"
            if limits.get("memory") != requests.get("memory"):
                yield f"{name}: memory limit and request differ"


def liveness_never_asks_about_the_volume(objects):
    """Health of the whole server turns with the volume; `liveness` does not."""
    for workload in workloads(objects):
        for container in containers(workload):
            for probe in ("startupProbe", "livenessProbe"):
                grpc = container.get(probe, {}).get("grpc")
                if grpc is not None and grpc.get("service") != "liveness":
                    yield f"{label(workload)}: {probe} asks about the volume"


def seconds(text):
    return int(text.removesuffix("s"))


def grace_is_longer_than_the_drain(objects):
    settings = next(
        thing["data"]
        for thing in objects
        if thing["kind"] == "ConfigMap"
        and thing["metadata"]["name"].startswith("settings-")
    )
    for workload in workloads(objects):
        spec = pod(workload)
        for container in spec["containers"]:
            hook = container.get("lifecycle", {}).get("preStop")
            if hook is None:
                yield f"{label(workload)}: no preStop"
                continue
            needed = hook["sleep"]["seconds"] + MARGIN_SECONDS
            if any("DRAIN_TIMEOUT" in arg for arg in container.get("args", [])):
                needed += seconds(settings["DRAIN_TIMEOUT"]) + SAVE_SECONDS
            grace = spec["terminationGracePeriodSeconds"]
            if grace < needed:
                yield f"{label(workload)}: grace {grace} s, needs {needed} s"


def configuration_rolls_out(objects):
    """A ConfigMap that pods use has a name that changes with what is in it."""
    names = {
        thing["metadata"]["name"]
        for thing in objects
        if thing["kind"] == "ConfigMap"
    }
    for workload in workloads(objects):
        used = [
            volume["configMap"]["name"]
            for volume in pod(workload).get("volumes", [])
            if "configMap" in volume
        ]
        for container in containers(workload):
            for source in container.get("envFrom", []):
                used.append(source["configMapRef"]["name"])
        for name in used:
            if name not in names or len(name.rpartition("-")[2]) != 10:
                yield f"{label(workload)}: {name} is not a generated ConfigMap"


def selects(selector, labels):
    return selector.items() <= labels.items()


def disruptions_are_bounded(objects):
    budgets = [t for t in objects if t["kind"] == "PodDisruptionBudget"]
    for workload in workloads(objects):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        matching = [
            budget
            for budget in budgets
            if selects(budget["spec"]["selector"]["matchLabels"], labels)
        ]
        if len(matching) != 1:
            yield f"{label(workload)}: {len(matching)} PodDisruptionBudgets"


def nothing_talks_unless_allowed(objects):
    policies = [t["spec"] for t in objects if t["kind"] == "NetworkPolicy"]
    deny = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if deny not in policies:
        yield "NetworkPolicy: nothing denies by default, both ways"
    for policy in policies:
        for rule in policy.get("ingress", []) + policy.get("egress", []):
            if not rule.get("ports"):
                yield f"NetworkPolicy for {policy['podSelector']}: every port"
            if not rule.get("from") and not rule.get("to"):
                yield f"NetworkPolicy for {policy['podSelector']}: everybody"


def services_reach_one_workload(objects):
    for service in (t for t in objects if t["kind"] == "Service"):
        reached = [
            workload
            for workload in workloads(objects)
            if selects(
                service["spec"]["selector"],
                workload["spec"]["template"]["metadata"]["labels"],
            )
        ]
        if len(reached) != 1:
            yield f"{label(service)}: reaches {len(reached)} workloads"


def one_name_for_clients_and_one_per_replica(objects):
    services = {
        t["metadata"]["name"]: t["spec"]
        for t in objects
        if t["kind"] == "Service"
    }
    for name, spec in services.items():
        headless = spec.get("clusterIP") == "None"
        if name.startswith("stage-") and not headless:
            yield f"Service {name}: is not headless"
    if services.get("orchestrator", {}).get("type") != "ClusterIP":
        yield "Service orchestrator: is not a ClusterIP"


def artifacts_are_on_hard_nfs(objects):
    """For the sets that say where artifacts are kept."""
    for thing in objects:
        if thing["kind"] == "PersistentVolume":
            options, modes = (
                thing["spec"].get("mountOptions", []),
                thing["spec"]["accessModes"],
            )
            if modes != ["ReadWriteMany"]:
                yield f"{label(thing)}: is not ReadWriteMany"
        elif thing["kind"] == "StorageClass":
            options = thing.get("mountOptions", [])
        else:
            continue
        for option in ("hard", "nfsvers=4.1"):
            if option not in options:
                yield f"{label(thing)}: is not mounted {option}"


def scaling_down_is_slow(objects):
    for thing in objects:
        if thing["kind"] == "HorizontalPodAutoscaler":
            spec = thing["spec"]
        elif thing["kind"] == "ScaledObject":
            spec = thing["spec"]["advanced"]["horizontalPodAutoscalerConfig"]
        else:
            continue
        down = spec["behavior"]["scaleDown"]
        if down["stabilizationWindowSeconds"] < 300:
            yield f"{label(thing)}: scales down in less than five minutes"
        if down["policies"] != [
            {"type": "Pods", "value": 1, "periodSeconds": 120}
        ]:
            yield f"{label(thing)}: takes more than one pod in two minutes"


RULES = (
    restricted_security,
    no_rights_in_the_cluster,
    nothing_is_tied_to_a_node,
    probes_and_resources,
    liveness_never_asks_about_the_volume,
    grace_is_longer_than_the_drain,
    configuration_rolls_out,
    disruptions_are_bounded,
    nothing_talks_unless_allowed,
    services_reach_one_workload,
    one_name_for_clients_and_one_per_replica,
    artifacts_are_on_hard_nfs,
    scaling_down_is_slow,
)
