"""Draws every figure of every board with data of real processes, to be looked
at where there is no Grafana.

  draw_boards.py FOLDER    one PNG a board; needs matplotlib and Prometheus
"""

import json
import math
import pathlib
import re
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")

from boards_test import BOARDS, filled  # noqa: E402
from conftest import observe  # noqa: E402
from matplotlib import pyplot  # noqa: E402

COLUMNS = 3


def legend_of(template, labels):
    return re.sub(
        r"\{\{(\w+)\}\}", lambda found: labels.get(found.group(1), ""), template
    )


def series_of(prometheus, target, start, end):
    """Yields (legend, times since the start, values)."""
    for labels, points in prometheus.query_range(
        filled(target["expr"]), start, end
    ):
        times = [time - start for time, _ in points]
        yield (
            legend_of(target["legendFormat"], labels),
            times,
            [value for _, value in points],
        )


def draw(axes, panel, series):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axes.set_title(f"{panel['title']} [{unit}]", fontsize=9)
    if panel["type"] in ("stat", "table"):
        last = [f"{legend}: {values[-1]:.4g}" for legend, _, values in series]
        axes.text(0.05, 0.5, "\n".join(last), fontsize=9, va="center")
        axes.axis("off")
        return
    for legend, times, values in series:
        if any(not math.isnan(value) for value in values):
            axes.plot(times, values, label=legend, linewidth=1)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=5, ncols=2)


def draw_board(prometheus, file, start, end, folder):
    board = json.loads(file.read_text())
    panels = [p for p in board["panels"] if p["type"] != "row"]
    rows = math.ceil(len(panels) / COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(15, 3 * rows))
    figure.suptitle(board["title"])
    for place in axes.flat[len(panels) :]:
        place.axis("off")
    for place, panel in zip(axes.flat, panels, strict=False):
        series = [
            found
            for target in panel["targets"]
            for found in series_of(prometheus, target, start, end)
        ]
        draw(place, panel, series)
    figure.tight_layout()
    figure.savefig(folder / f"{file.stem}.png", dpi=80)


def main(arguments):
    target = pathlib.Path(arguments[0])
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        observe(pathlib.Path(folder)) as seen,
    ):
        for file in BOARDS:
            draw_board(seen.prometheus, file, seen.start, seen.end, target)


if __name__ == "__main__":
    main(sys.argv[1:])
