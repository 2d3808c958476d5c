"""What grows with the number of runs, steps and watchers, and what does not."""

from tests.bench import programs
from tests.bench.rows import Row, aim, ours

BENCH = programs.BIN / "stagecoach-scale-bench"
RUNS = programs.BIN / "stagecoach-runs-bench"


def measure_history(options):
    small, large = (100, 2_000) if options.quick else (1_000, 1_000_000)
    few = programs.run_json([BENCH, "history", small])
    many = programs.run_json([BENCH, "history", large])

    def both(what, key, limit, unit="ms", scale=1.0):
        def values(measured):
            found = measured[key]
            found = found if isinstance(found, list) else [found]
            return [scale * value for value in found]

        own = ours(f"{what}, {large:,} stored runs", unit, values(many))
        if limit is not None:
            aim(own, limit)
        other = Row(own.what, f"with {small:,} stored runs", unit, values(few))
        return [own, other]

    rows = [
        *both("ListRuns, p99", "list_p99_ms", 10),
        *both("GetRun, p99", "get_p99_ms", None),
        *both("start to SERVING", "start_ms", 1, "s", 1e-3),
        *both("a run of 4 no-op steps, p50", "run_p50_ms", None),
    ]
    return rows, ""


def measure_steps(options):
    def microseconds_a_step(steps):
        measured = programs.run_json(
            [
                RUNS,
                f"--steps={steps}",
                f"--runs={max(3, (400 if options.quick else 4000) // steps)}",
                "--seconds=1",
                "--callers=1",
                "--warm-up=5",
                f"--repeats={1 if options.quick else 3}",
            ]
        )
        return [1e3 * ms / steps for ms in measured["p50_ms"]]

    own = ours(
        "a no-op step in a run of 1,000 steps", "us", microseconds_a_step(1000)
    )
    others = [
        Row(own.what, f"in a run of {steps}", "us", microseconds_a_step(steps))
        for steps in (4, 100)
    ]
    return [own, *others], ""


def measure_crowd(options):
    queued = programs.run_json(
        [BENCH, "queued", 100 if options.quick else 20_000]
    )
    count = 100 if options.quick else 10_000
    crowd = programs.run_json([BENCH, "watchers", count])
    if crowd["failed"]:
        raise RuntimeError(f"{crowd['failed']} watchers were not told the end")
    rows = [
        aim(
            ours(
                "memory of a queued run",
                "KB",
                [queued["bytes_each"] / 1e3],
                note=f"created {queued['create_rate']:.0f}/s by one caller",
            ),
            4,
        ),
        ours(
            f"{count:,} watchers of one run: until all know its end",
            "ms",
            [crowd["all_ms"]],
            note=f"{crowd['events']:,} events; the run itself took "
            f"{crowd['run_ms']:.1f} ms; "
            f"{crowd['bytes_each'] / 1e3:.1f} KB for each",
        ),
    ]
    return rows, ""
