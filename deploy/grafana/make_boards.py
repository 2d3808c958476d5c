"""Makes dashboards/*.json, for Grafana 10 and later, of boards.py.

make_boards.py [--check]    --check: only say whether they are fresh
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True

from boards import BOARDS  # noqa: E402

DASHBOARDS = pathlib.Path(__file__).resolve().parent / "dashboards"
HEIGHT = 8
SOURCE = {"type": "prometheus", "uid": "${source}"}


def expand(query, variables):
    """Fills the label matchers in, as boards.py describes."""

    def matchers(found):
        text = found.group(1)
        names = ["namespace"]
        if text.startswith("!"):
            text = text[1:]
        elif text.startswith("-"):
            without, _, text = text[1:].partition(",")
            names += [name for name in variables if name != without]
        else:
            names += variables
        own = [f'{name}=~"${name}"' for name in names]
        return "{" + ",".join(own + ([text] if text else [])) + "}"

    filled = re.sub(r"\{([^{}]*)\}", matchers, query)
    return filled.replace("[rate]", "[$__rate_interval]")


def target(index, query, legend, kind, variables):
    table = kind == "table"
    return {
        "refId": chr(ord("A") + index),
        "datasource": SOURCE,
        "expr": expand(query, variables),
        "legendFormat": legend,
        "instant": table,
        "range": not table,
        "format": "table" if table else "time_series",
    }


def options(kind):
    if kind == "stat":
        return {
            "reduceOptions": {"calcs": ["lastNotNull"]},
            "textMode": "value_and_name",
            "colorMode": "background",
        }
    if kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    return {}


def field_config(panel):
    defaults = {"unit": panel.unit}
    if not panel.log:
        defaults["min"] = 0
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "fillOpacity": 40 if panel.stack else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stack else "none"},
            "scaleDistribution": {"type": "log", "log": 10}
            if panel.log
            else {"type": "linear"},
        }
    if panel.thresholds:
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [
                {"color": color, "value": start}
                for color, start in panel.thresholds
            ],
        }
    return {"defaults": defaults, "overrides": []}


def panel_json(number, panel, x, y, variables):
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT},
        "fieldConfig": field_config(panel),
        "options": options(panel.kind),
        "targets": [
            target(i, query, legend, panel.kind, variables)
            for i, (query, legend) in enumerate(panel.queries)
        ],
    }


def panels(board):
    found, y, number = [], 0, 0
    for title, row in board.rows.items():
        number += 1
        found.append(
            {
                "id": number,
                "type": "row",
                "title": title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
                "panels": [],
            }
        )
        x, y = 0, y + 1
        for panel in row:
            if x + panel.width > 24:
                x, y = 0, y + HEIGHT
            number += 1
            found.append(panel_json(number, panel, x, y, list(board.variables)))
            x += panel.width
        y += HEIGHT
    return found


def variable(name, metric):
    query = f"label_values({metric}, {name})"
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


def templating(board):
    source = {"name": "source", "type": "datasource", "query": "prometheus"}
    names = {"namespace": "stagecoach_build_info", **board.variables}
    return {"list": [source, *(variable(*pair) for pair in names.items())]}


def annotations():
    """A line where a process started: a deployment, or a crash."""
    return {
        "list": [
            {
                "name": "Process started",
                "datasource": SOURCE,
                "enable": True,
                "iconColor": "blue",
                "expr": expand(
                    'process_start_time_seconds{job="stagecoach"}', []
                )
                + " * 1000",
                "useValueForTime": True,
                "titleFormat": "{{instance}} started",
            }
        ]
    }


def dashboard(board):
    return {
        "uid": f"stagecoach-{board.name}",
        "title": board.title,
        "tags": ["stagecoach"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [
            {
                "type": "dashboards",
                "tags": ["stagecoach"],
                "title": "Stagecoach",
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "templating": templating(board),
        "annotations": annotations(),
        "panels": panels(board),
    }


def main(arguments):
    stale = []
    for board in BOARDS:
        file = DASHBOARDS / f"{board.name}.json"
        text = json.dumps(dashboard(board), indent=1) + "\n"
        if file.exists() and file.read_text() == text:
            continue
        stale.append(file.name)
        if arguments != ["--check"]:
            DASHBOARDS.mkdir(exist_ok=True)
            file.write_text(text)
    if arguments == ["--check"] and stale:
        print(f"stale: {' '.join(stale)}: run deploy/grafana/make_boards.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
