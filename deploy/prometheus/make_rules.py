"""Makes k8s/components/monitoring/rules.yaml of rules.yaml beside this file.

  make_rules.py [--check]    --check: only say whether it is fresh

The Prometheus operator takes rules as a PrometheusRule; kustomize cannot put
one file into another.
"""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCE = FOLDER / "rules.yaml"
TARGET = FOLDER.parent.parent / "k8s/components/monitoring/rules.yaml"
HEAD = """\
# Made of deploy/prometheus/rules.yaml by make_rules.py; change it there.
# yamllint disable rule:line-length
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: stagecoach
spec:
"""


def rendered():
    lines = SOURCE.read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line == "groups:\n")
    body = ["  " + line if line.strip() else line for line in lines[first:]]
    return HEAD + "".join(body)


def main(arguments):
    if arguments == ["--check"]:
        if TARGET.exists() and TARGET.read_text() == rendered():
            return 0
        print(f"{TARGET} is stale: run deploy/prometheus/make_rules.py")
        return 1
    TARGET.write_text(rendered())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
