"""Rows of the bench's table: what was measured, by whom, how often."""

import dataclasses
import statistics

OURS = "Stagecoach"


@dataclasses.dataclass
class Row:
    what: str
    by: str
    unit: str  # s, ms or us, where less is better; MiB likewise; or /s
    values: list  # one of each repetition
    goal: str = ""  # of ours
    limit: float | None = None  # the goal, where it is one in the row's unit
    met: bool | None = None
    note: str = ""

    @property
    def median(self):
        return statistics.median(self.values)


def ours(what, unit, values, note=""):
    return Row(what, OURS, unit, values, note=note)


def aim(row, limit):
    """Sets a goal: under the limit, or over it for what is counted a second."""
    row.limit = limit
    row.goal = limit_text(row, limit)
    row.met = keeps(row, limit)
    return row


def limit_text(row, limit):
    sign = ">" if row.unit == "/s" else "<"
    return f"{sign} {number(limit)} {row.unit}".replace(" /", "/")


def keeps(row, limit):
    return row.median > limit if row.unit == "/s" else row.median < limit


def aim_times(row, peer, times):
    """Sets a goal: so many times as good as a peer's."""
    row.goal = f"{times:g} x {peer.by}"
    row.met = ratio(peer, row) >= times
    return row


def ratio(peer, row):
    """How many times as good as the peer's median ours is."""
    if row.unit == "/s":
        return row.median / peer.median
    return peer.median / row.median


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows):
    lines = [
        "| what | by | median | least to most | of Stagecoach's "
        "| goal | met | note |",
        "|---|---|---:|---:|---:|---|---|---|",
    ]
    first = {}  # the row of ours that the peers after it are compared with
    for row in rows:
        if row.by == OURS:
            first[row.what] = row
        own = first.get(row.what)
        compared = own is not None and own is not row
        unit = row.unit if row.unit == "/s" else f" {row.unit}"
        cells = [
            row.what,
            row.by,
            number(row.median) + unit,
            f"{number(min(row.values))} to {number(max(row.values))}",
            f"{number(ratio(row, own))} x as good" if compared else "",
            row.goal,
            {True: "yes", False: "**no**", None: ""}[row.met],
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def phases(times):
    """A table of medians: where the time goes, in milliseconds."""
    names = ["wait", "dispatch", "read", "compute", "write", "commit", "wall"]
    lines = [
        "| ms, median | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for what, of in times.items():
        cells = [
            number(statistics.median(of[name])) if name in of else ""
            for name in names
        ]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
