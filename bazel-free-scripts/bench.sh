#!/usr/bin/env bash
# Builds the release preset and measures Stagecoach beside what people use
# today, which it installs into .venv/bench; prints one Markdown table and keeps
# it in tests/bench/RESULTS.md.
#
#   bench.sh [--quick] [PART…]
#
#   pipeline   the reference pipeline: one run, and as many as go at once
#   training   the reference training job, every fast path on and off
#   runs       what a run costs above the work itself
#   data       tables, windows and artifacts of a gigabyte
#   start      how fast programs start, and how large they are
#   footprint  memory after many runs
#   steps      runs of 1,000 steps
#   crowd      10,000 watchers of one run, 20,000 queued runs
#   history    a million stored runs
#   curve      training steps over a range of sizes
#
# None: all, in less than 20 minutes. Parts that are not named keep the figures
# that they had. --quick measures once and little, and leaves RESULTS.md alone.
# Nothing else should run meanwhile.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly MEASURED=(
  stagecoach-orchestrator
  stagecoach-load stagecoach-prepare stagecoach-train stagecoach-forecast
  stagecoach-runs-bench stagecoach-scale-bench
  commit_bench data_bench pool_bench session_bench train_bench
)

main() {
  [[ "${1:-}" == --help || "${1:-}" == -h ]] &&
    sed -n '2,22s/^# \{0,1\}//p' "$0" && return 0
  timed "setup bench" "${SCRIPTS}/setup.sh" --tests --bench
  "${SCRIPTS}/build.sh" release "${MEASURED[@]}"
  # What the start of a program is measured beside.
  "${SCRIPTS}/build.sh" shared stagecoach-orchestrator
  cd "${ROOT}"
  PYTHONDONTWRITEBYTECODE=1 "${BENCH_VENV}/bin/python" -m tests.bench.bench "$@"
}

main "$@"
