#!/usr/bin/env bash
# Installs what is missing, builds the release preset and runs the tests.
#
#   test.sh [LABEL…]    LABEL: unit (beside the code), integration (real
#                       processes on loopback), interop (a Python client).
#                       None: all of them.
#
# Prints the seconds that each step took. Once it is built, the last line is
# `N passed, M failed`; the exit status is 0 only if all passed.
# STAGECOACH_PRESET names another preset: dev, asan, clang.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly PRESET="${STAGECOACH_PRESET:-release}"
readonly BUILD="${ROOT}/build/${PRESET}"
readonly REPORTS="${BUILD}/reports"

run_ctest() {
  local label="$1"
  ctest --test-dir "${BUILD}" --label-regex "^${label}\$" --quiet \
    --output-log "${REPORTS}/${label}.log" --output-on-failure \
    --output-junit "${REPORTS}/${label}.xml" --no-tests=error \
    --parallel "$(nproc)" && return 0
  show_failures "${REPORTS}/${label}.log"
  return 1
}

show_failures() {
  local log="$1"
  tail -n 200 "${log}" >&2
  printf 'all of the output: %s\n' "${log}" >&2
}

run_interop() {
  local log="${REPORTS}/interop.log"
  (cd "${ROOT}/tests/interop" &&
    STAGECOACH_BUILD="${BUILD}" PYTHONDONTWRITEBYTECODE=1 \
      "${INTEROP_VENV}/bin/python" -m pytest --quiet \
      --junit-xml="${REPORTS}/interop.xml" >"${log}" 2>&1) && return 0
  show_failures "${log}"
  return 1
}

run_tests() {
  case "$1" in
    interop) run_interop ;;
    *) run_ctest "$1" ;;
  esac
}

main() {
  local labels=("$@") label reports=() status=0
  [[ "$#" == 0 ]] && labels=(unit integration interop)
  for label in "${labels[@]}"; do
    case "${label}" in
      unit | integration | interop) reports+=("${REPORTS}/${label}.xml") ;;
      --help | -h) sed -n '2,10s/^# \{0,1\}//p' "$0" && return 0 ;;
      *) fail "unknown label ${label}; known: unit, integration, interop" ;;
    esac
  done
  if [[ " ${labels[*]} " == *" interop "* ]]; then
    timed "setup interop" "${SCRIPTS}/setup.sh" --interop
  fi
  "${SCRIPTS}/build.sh" "${PRESET}"
  rm -rf "${REPORTS}"
  mkdir -p "${REPORTS}"
  for label in "${labels[@]}"; do
    timed "tests ${label}" run_tests "${label}" || status=1
  done
  python3 "${SCRIPTS}/count_tests.py" "${reports[@]}" || status=1
  return "${status}"
}

main "$@"
