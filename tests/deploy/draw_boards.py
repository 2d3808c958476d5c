"""Draws every figure of every board with data of real processes, to be looked
at where there is no Grafana.

  draw_boards.py FOLDER [SECONDS]    one PNG a board, of this much steady load
                                     (120); needs matplotlib, Prometheus, curl
"""

import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import matplotlib

matplotlib.use("Agg")

from boards_test import BOARDS, filled  # noqa: E402
from conftest import observe  # noqa: E402
from matplotlib import pyplot, ticker  # noqa: E402
from system import STAGES  # noqa: E402

# Of Grafana's grid, in inches.
COLUMN, ROW = 0.75, 0.36
# Runs that are there at once: more than train has slots.
RUNS = 3


def be_refused(system):
    """A call of a stage that asks for nothing."""
    url = f"http://{system.servers['load'].grpc}/stagecoach.v1.StageService/Execute"
    curl = ["curl", "--silent", "--http2-prior-knowledge", "--output", "-"]
    headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    subprocess.run(
        [*curl, *headers, "--data-binary", "@-", url],
        input=bytes(5),
        capture_output=True,
        check=False,  # The answer is in the trailers.
    )


def damage(system):
    """Makes artifacts of finished runs differ from their digests."""
    for file in system.folder.glob("volume/runs/*/prepare/*/X_train*"):
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:-1] + b"!")


def restart_orchestrator(observed):
    """In the middle of a run, which it takes up."""
    system = observed.system
    run_id = system.start_run("--set=epochs=4000")
    system.await_step(run_id, "train", "RUNNING")
    system.servers["orchestrator"].kill()
    up = [server for server in system.servers.values() if server.running()]
    addresses = {
        stage: ",".join(s.grpc for s in up if s.name.startswith(stage))
        for stage in STAGES
    }
    system.start_orchestrator(addresses)
    observed.prometheus.watch(system.servers.values())
    system.await_end(run_id)


def keep_busy(system, seconds):
    """Runs that succeed, that find equal ones, and a few that fail."""
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        count += 1
        be_refused(system)
        runs = [
            system.start_run(
                "--set=epochs=400",
                f"--set=seed={count // 2 * RUNS + i}",
                "--set=checkpoint_interval=50",
                "--cache=on",
            )
            for i in range(RUNS)
        ]
        if count % 4 == 0:
            system.command("run", "airline", "--set=column=Nobody")
        for run_id in runs:
            system.await_end(run_id)
        if count % 4 == 1:
            damage(system)
        system.command("gc", "--keep-last=6", "--yes")


def with_unit(unit):
    def bytes_of(value, _=None):
        power = int(math.log(max(abs(value), 1), 1024))
        return f"{value / 1024**power:.4g} {['', 'Ki', 'Mi', 'Gi'][power]}B"

    def seconds(value, _=None):
        if value == 0 or 1 <= abs(value) < 120:
            return f"{value:.3g} s"
        if abs(value) < 1:
            return f"{1000 * value:.3g} ms"
        return f"{value / 60:.3g} min"

    return {
        "bytes": bytes_of,
        "Bps": lambda value, _=None: f"{bytes_of(value)}/s",
        "s": seconds,
        "percentunit": lambda value, _=None: f"{100 * value:.3g} %",
    }.get(unit, lambda value, _=None: f"{value:.4g}")


def legend_of(template, labels):
    return re.sub(
        r"\{\{(\w+)\}\}", lambda found: labels.get(found.group(1), ""), template
    )


def series_of(prometheus, target, start, end):
    """Yields (legend, {time since the start: value})."""
    for labels, points in prometheus.query_range(
        filled(target["expr"]), start, end
    ):
        yield (
            legend_of(target["legendFormat"], labels),
            {round(when - start): value for when, value in points},
        )


def draw(axes, panel, series):
    unit = with_unit(panel["fieldConfig"]["defaults"]["unit"])
    axes.set_title(panel["title"], fontsize=8)
    if panel["type"] in ("stat", "table"):
        last = [f"{legend}: {unit([*v.values()][-1])}" for legend, v in series]
        axes.text(0.05, 0.5, "\n".join(last), fontsize=9, va="center")
        axes.axis("off")
        return
    custom = panel["fieldConfig"]["defaults"]["custom"]
    times = sorted({when for _, values in series for when in values})
    lines = [
        [values.get(when, math.nan) for when in times] for _, values in series
    ]
    legends = [legend for legend, _ in series]
    if custom["stacking"]["mode"] == "normal":
        full = [[0 if math.isnan(v) else v for v in line] for line in lines]
        axes.stackplot(times, full, labels=legends, alpha=0.6)
    else:
        for legend, line in zip(legends, lines, strict=True):
            axes.plot(times, line, label=legend, linewidth=1)
    if custom["scaleDistribution"]["type"] == "log":
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(unit))
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=5, ncols=2, loc="upper left")


def draw_board(prometheus, file, start, end, folder):
    board = json.loads(file.read_text())
    panels = board["panels"]
    rows = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in panels)
    width, height = 24 * COLUMN, rows * ROW
    figure = pyplot.figure(figsize=(width, height))
    for panel in panels:
        place = panel["gridPos"]
        left, top = place["x"] / 24, 1 - place["y"] / rows
        if panel["type"] == "row":
            figure.text(left + 0.005, top - 0.7 / rows, panel["title"])
            continue
        box = (
            left + 0.04,
            top - (place["h"] - 0.8) / rows,
            place["w"] / 24 - 0.05,
            (place["h"] - 1.8) / rows,
        )
        series = [
            found
            for target in panel["targets"]
            for found in series_of(prometheus, target, start, end)
        ]
        draw(figure.add_axes(box), panel, series)
    figure.savefig(folder / f"{file.stem}.png", dpi=80)


def main(folder, seconds="120"):
    target = pathlib.Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        observe(pathlib.Path(temporary)) as seen,
    ):
        keep_busy(seen.system, float(seconds) / 2)
        restart_orchestrator(seen)
        keep_busy(seen.system, float(seconds) / 2)
        end = time.time()
        for file in BOARDS:
            draw_board(seen.prometheus, file, seen.start, end, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
