"""Renders the Kubernetes manifests with kubectl's kustomize."""

import pathlib
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OVERLAYS = ROOT / "k8s/overlays"

# What no overlay puts together but README.md offers.
COMBINATIONS = {
    "keda and nfs-csi": ["keda", "nfs-csi", "monitoring", "tracing"],
    "hpa without monitoring": ["hpa", "nfs-static"],
}


def overlays():
    return sorted(folder.name for folder in OVERLAYS.iterdir())


def _kustomize(folder):
    done = subprocess.run(
        ["kubectl", "kustomize", folder], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"kubectl kustomize {folder}: {done.stderr}")
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def render_overlay(name):
    return _kustomize(OVERLAYS / name)


def render_combination(components):
    """The base with components, as an overlay would name them."""
    with tempfile.TemporaryDirectory(dir=ROOT / "k8s") as folder:
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "stagecoach",
            "resources": ["../base"],
            "components": [f"../components/{name}" for name in components],
        }
        path = pathlib.Path(folder) / "kustomization.yaml"
        path.write_text(yaml.safe_dump(kustomization))
        return _kustomize(folder)


def render_all():
    """Returns {name: objects} of every overlay and combination."""
    found = {name: render_overlay(name) for name in overlays()}
    for name, components in COMBINATIONS.items():
        found[name] = render_combination(components)
    return found
