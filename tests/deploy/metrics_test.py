"""deploy/prometheus/METRICS.md against what live processes export after a mixed
load: every documented series is there, and none that is not documented."""

import dataclasses
import re
import subprocess

import pytest
from system import ROOT

CATALOGUE = ROOT / "deploy/prometheus/METRICS.md"
# Of one process. The most has the orchestrator: for each method of its API 17
# codes and 26 buckets, for each pipeline some 200 series.
MOST_SERIES = 4000
# What may be in no label: whatever there can be any number of.
UNBOUNDED = re.compile(r"airline-[a-z0-9]{6,}|pvc:|/runs/|127\.0\.0\.1:\d+")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SERVERS = ("load", "prepare", "train", "forecast", "orchestrator")


@dataclasses.dataclass(frozen=True)
class Documented:
    name: str
    kind: str
    labels: frozenset
    of: frozenset


@dataclasses.dataclass
class Exported:
    kind: str
    help: str
    labels: set
    series: int = 0


def documented():
    """The rows of the catalogue's tables: name, type, labels, processes."""
    row = re.compile(
        r"^\| `(\w+)` \| (\w+) \|([^|]*)\|([^|]*)\|[^|]+\|$", re.MULTILINE
    )
    return [
        Documented(
            name,
            kind,
            frozenset(re.findall(r"`(\w+)`", labels)),
            frozenset(of.replace(",", " ").split()),
        )
        for name, kind, labels, of in row.findall(CATALOGUE.read_text())
    ]


def parts_of(process):
    """By which words of the catalogue a process is meant."""
    if process == "orchestrator":
        return {"all", process}
    words = {"all", "stages", process}
    return words | ({"torch"} if process in ("train", "forecast") else set())


def exported(text):
    """{name: Exported} of a scrape in Prometheus' text format."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, text = line.split(" ", 3)
            found[name] = Exported("", text, set())
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            found[name].kind = kind
        elif line:
            name = re.match(r"\w+", line).group()
            if name not in found:
                name = re.sub(r"_(bucket|sum|count)$", "", name)
            labels = {label for label, _ in LABEL.findall(line)} - {"le"}
            found[name].labels |= labels
            found[name].series += 1
    return found


@pytest.fixture(scope="module")
def scrapes(observed):
    """{process: text of its metrics}; of train, the replica that is left."""
    return {
        server.name.partition("-")[0]: server.scrape()
        for server in observed.system.servers.values()
        if server.running()
    }


@pytest.mark.parametrize("process", SERVERS)
def test_a_process_exports_what_is_documented_of_it_and_no_more(
    scrapes, process
):
    wanted = {
        entry.name: (entry.kind, entry.labels)
        for entry in documented()
        if entry.of & parts_of(process)
    }
    got = {
        name: (found.kind, frozenset(found.labels))
        for name, found in exported(scrapes[process]).items()
        if found.series
    }
    assert got == wanted


@pytest.mark.parametrize("process", SERVERS)
def test_every_metric_has_a_help_text(scrapes, process):
    for name, found in exported(scrapes[process]).items():
        assert found.help, name


@pytest.mark.parametrize("process", SERVERS)
def test_names_and_types_are_as_prometheus_wants_them(scrapes, process):
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=scrapes[process],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("process", SERVERS)
def test_the_number_of_series_is_bounded(scrapes, process):
    series = sum(f.series for f in exported(scrapes[process]).values())
    assert series < MOST_SERIES
    values = {value for _, value in LABEL.findall(scrapes[process])}
    assert not [value for value in values if UNBOUNDED.search(value)]


def test_more_runs_make_no_more_series(observed):
    orchestrator = observed.system.servers["orchestrator"]
    before = exported(orchestrator.scrape())
    observed.system.run()
    after = exported(orchestrator.scrape())
    assert {n: f.series for n, f in before.items()} == {
        n: f.series for n, f in after.items()
    }
