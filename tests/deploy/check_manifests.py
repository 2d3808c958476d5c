"""Checks k8s/: every overlay renders, fits the schemas of Kubernetes 1.31 to
1.35, and keeps to our policy.

  check_manifests.py

Prints one line a violation; exit status 1 if there is one. Needs kubectl and
kubernetes-validate (bazel-free-scripts/check-requirements.txt).
"""

import json
import sys

import kubernetes_validate
from manifests import ROOT, render_all
from policy import RULES, label

VERSIONS = ("1.31", "1.32", "1.33", "1.34", "1.35")
# Of operators, which bring their own schemas.
CUSTOM = ("monitoring.coreos.com/", "keda.sh/")


def check_schemas(objects, seen):
    """Yields what does not fit; remembers in `seen` what has been looked at."""
    for thing in objects:
        text = json.dumps(thing, sort_keys=True)
        if thing["apiVersion"].startswith(CUSTOM) or text in seen:
            continue
        seen.add(text)
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{label(thing)}: Kubernetes {version}: {error.message}"


def check_pipelines():
    """Every pipeline that ships is in the ConfigMap."""
    listed = (ROOT / "deploy/kustomization.yaml").read_text()
    for file in sorted((ROOT / "deploy/pipelines").glob("*.yaml")):
        if f"pipelines/{file.name}\n" not in listed:
            yield f"deploy/kustomization.yaml: {file.name} is missing"


def main():
    problems, seen = list(check_pipelines()), set()
    rendered = render_all()
    for name, objects in rendered.items():
        problems += [f"{name}: {p}" for p in check_schemas(objects, seen)]
        for rule in RULES:
            problems += [f"{name}: {problem}" for problem in rule(objects)]
    print("\n".join(problems), end="\n" if problems else "")
    print(
        f"manifests: {len(rendered)} sets, {len(seen)} objects in "
        f"{len(VERSIONS)} versions, {len(RULES)} rules, "
        f"{len(problems)} problems"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
