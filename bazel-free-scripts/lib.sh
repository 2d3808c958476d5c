# shellcheck shell=bash
# What the scripts beside this file share. Source it; it sets ROOT and moves
# nowhere, so every script works from any current folder.
#
#   say TEXT…               one line for the reader
#   fail TEXT…              one line on standard error, then exit 1
#   as_root COMMAND…        runs it as root, through sudo if need be
#   quietly NAME COMMAND…   runs it with its output in a log, shown on failure
#   timed NAME COMMAND…     runs it and prints the seconds that it took
#   build_jobs              how many compilers this machine can take at once

set -euo pipefail

# shellcheck disable=SC2034  # Used by the scripts that source this file.
{
  ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
  SCRIPTS="${ROOT}/bazel-free-scripts"
  LOGS="${ROOT}/build/logs"
  CHECKS_VENV="${ROOT}/.venv/checks"
  INTEROP_VENV="${ROOT}/.venv/interop"
  BENCH_VENV="${ROOT}/.venv/bench"
  DEPLOY_VENV="${ROOT}/.venv/deploy"
}

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "needs root to run: $* (there is no sudo; run it as root once)"
  fi
}

quietly() {
  local log="${LOGS}/$1.log" status=0
  shift
  mkdir -p "${LOGS}"
  "$@" >"${log}" 2>&1 </dev/null || status=$?
  if [[ "${status}" != 0 ]]; then
    tail -n 60 "${log}" >&2
    printf 'failed (exit %s): %s\n  all of its output: %s\n' \
      "${status}" "$*" "${log}" >&2
  fi
  return "${status}"
}

timed() {
  local name="$1" start="${EPOCHREALTIME}" status=0
  shift
  "$@" || status=$?
  awk -v start="${start}" -v end="${EPOCHREALTIME}" -v name="${name}" \
    -v verdict="$([[ ${status} == 0 ]] && echo ok || echo FAILED)" \
    'BEGIN { printf "%-24s %7.1f s  %s\n", name, end - start, verdict }'
  return "${status}"
}

# One file that includes torch takes up to 1.5 GB to compile optimised.
build_jobs() {
  local cores memory
  cores="$(nproc)"
  memory="$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)"
  ((memory < 1)) && memory=1
  echo "${STAGECOACH_JOBS:-$((cores < memory ? cores : memory))}"
}
