"""Single training steps and forward passes around the reference job's size, by
every method: where the fused kernel is used, and what it gains there."""

import statistics

from tests.bench.training import timings

METHODS = ("python", "torch", "products", "fused", "step", "threads")
TITLES = {
    "train": "Forward, loss and backward",
    "infer": "Forward without gradients",
}


def text_of(microseconds):
    if microseconds >= 1e5:
        return f"{microseconds / 1e6:.2f} s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.1f} ms"
    return f"{microseconds:.0f} us"


def line_of(size, times, chosen, columns):
    median = {key: statistics.median(values) for key, values in times.items()}
    spread = max(
        (max(values) - min(values)) / statistics.median(values)
        for values in times.values()
    )
    cells = size.split("/")
    for column in columns:
        cell = text_of(median[column]) if column in median else "-"
        cells.append(f"**{cell}**" if column == chosen else cell)
    for other in ("python", "torch"):
        cells.append(f"{median[other] / median[chosen]:.1f}")
    cells.append(f"{100 * spread:.0f} %")
    return "| " + " | ".join(cells) + " |"


def table_of(kind, by_size, chosen):
    columns = [
        c for c in METHODS if kind == "train" or c not in ("step", "threads")
    ]
    names = ["hidden", "batch", "steps", *columns]
    names += ["x Python", "x libtorch", "spread"]
    lines = [
        f"### {TITLES[kind]}\n",
        "| " + " | ".join(names) + " |",
        "|" + "---|" * len(names),
    ]
    for name, times in by_size.items():
        if not name.startswith(kind) or name not in chosen:
            continue
        size = name.partition("/")[2]
        lines.append(line_of(size, times, chosen[name], columns))
    return "\n".join(lines)


def measure(options):
    pattern = (
        "(train|infer)/(50/8/4|128/8/4)/" if options.quick else "train|infer"
    )
    repeats, seconds = (1, 0.02) if options.quick else (5, 0.02)
    by_size, chosen = timings.measure(pattern, repeats, seconds)
    tables = [table_of(kind, by_size, chosen) for kind in TITLES]
    details = (
        "## Training: sizes\n\n"
        "One thread, but for `threads`: all processors, where the train stage "
        "uses them. Bold is the method that the product takes at that size; "
        "`x`: how many times as fast that is.\n\n" + "\n\n".join(tables)
    )
    return [], details
