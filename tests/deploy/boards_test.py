"""Every query of every panel, rule and alert, asked of a real Prometheus that
watches real processes."""

import json
import re
import subprocess

import pytest
import yaml
from system import ROOT

BOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())

# A metric, with its matchers if it has any.
SELECTOR = re.compile(
    r"\b((?:stagecoach|process|grpc)[_:][\w:]*)\s*(\{[^}]*\})?"
)


def rules(kind):
    return [
        rule
        for group in RULES["groups"]
        for rule in group["rules"]
        if kind in rule
    ]


def filled(query):
    """As Grafana fills it in with everything chosen."""
    query = re.sub(r"\$__rate_interval", "1m", query)
    return re.sub(r'"\$\w+"', '".*"', query)


def queries():
    for file in BOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield pytest.param(
                    filled(target["expr"]),
                    id=f"{file.stem}: {panel['title']}, {target['refId']}",
                )


def selectors(expression):
    return {
        name + (matchers or "")
        for name, matchers in SELECTOR.findall(expression)
    }


@pytest.mark.parametrize("query", list(queries()))
def test_every_figure_has_data(observed, query):
    # At some time: what was waited for is over at the end.
    series = observed.prometheus.query_range(
        query, observed.start, observed.end
    )
    values = [value for _, points in series for _, value in points]
    assert any(value == value for value in values), "nothing but NaN"


@pytest.mark.parametrize("rule", rules("record"), ids=lambda r: r["record"])
def test_every_recording_rule_records(observed, rule):
    assert observed.prometheus.query_range(
        rule["record"], observed.start, observed.end
    )


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda r: r["alert"])
def test_every_alert_looks_at_what_there_is(observed, rule):
    """An alert is silent while all is well: so its expression has to make
    sense, and everything that it looks at has to be there."""
    observed.prometheus.query(rule["expr"])
    found = selectors(rule["expr"])
    assert found or "up{" in rule["expr"]
    for selector in found:
        assert observed.prometheus.query_range(
            selector, observed.start, observed.end
        ), selector


def test_every_annotation_finds_processes_that_started(observed):
    for file in BOARDS:
        for note in json.loads(file.read_text())["annotations"]["list"]:
            assert observed.prometheus.query(filled(note["expr"]))


def test_every_variable_of_a_board_has_values(observed):
    for file in BOARDS:
        for variable in json.loads(file.read_text())["templating"]["list"]:
            if variable["type"] != "query":
                continue
            found = re.fullmatch(
                r"label_values\((\w+), (\w+)\)", variable["definition"]
            )
            series = observed.prometheus.query(found.group(1))
            assert any(found.group(2) in labels for labels, _ in series)


def test_what_autoscalers_ask_for_is_there(observed):
    """At the most there were three runs for two slots."""
    components = ROOT / "k8s/components"
    adapter = yaml.safe_load((components / "hpa/adapter.yaml").read_text())
    rule = adapter["externalRules"][0]["metricsQuery"]
    asked = {"hpa": rule.replace("<<.LabelMatchers>>", 'stage="train"')}
    keda = yaml.safe_load((components / "keda/train.yaml").read_text())
    query = keda["spec"]["triggers"][0]["metadata"]["query"]
    asked["keda"] = query.replace('namespace="stagecoach"', 'namespace="test"')
    for name, expression in asked.items():
        series = observed.prometheus.query_range(
            expression, observed.start, observed.end
        )
        assert len(series) == 1, name
        assert max(value for _, value in series[0][1]) == 3, name


def test_every_alert_is_in_the_runbook():
    runbook = (ROOT / "deploy/README.md").read_text()
    for rule in rules("alert"):
        assert f"`{rule['alert']}`" in runbook, rule["alert"]


def test_the_rules_do_in_examples_what_they_promise():
    done = subprocess.run(
        ["promtool", "test", "rules", "rules_test.yaml"],
        cwd=ROOT / "tests/deploy",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
