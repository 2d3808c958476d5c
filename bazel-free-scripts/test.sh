#!/usr/bin/env bash
# Installs what is missing, builds the release preset and runs the tests.
#
#   test.sh [LABEL…]    LABEL: unit (beside the code), integration (real
#                       processes on loopback), fault (processes are killed,
#                       volumes full or hung), interop (a Python client), deploy
#                       (metrics, boards, alerts and scaling, with a real
#                       Prometheus); on demand fault-long (200 random kills).
#                       None: all but that on demand.
#
# Prints the seconds that each step took. Once it is built, the last line is
# `N passed, M failed`; the exit status is 0 only if all passed.
# STAGECOACH_PRESET names another preset: dev, asan, tsan, clang.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly PRESET="${STAGECOACH_PRESET:-release}"
readonly BUILD="${ROOT}/build/${PRESET}"
readonly REPORTS="${BUILD}/reports"

# A process writes what a sanitizer finds into a file of its own, so that it is
# seen of those too whose output and end no test looks at.
set_sanitizers() {
  local log="log_path=${REPORTS}/sanitizer" folder="${ROOT}/tests/testing"
  # What no allocator could give is refused, as without a sanitizer.
  export ASAN_OPTIONS="${log}:allocator_may_return_null=1"
  ASAN_OPTIONS+=":detect_stack_use_after_return=1"
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS="${log}:suppressions=${folder}/tsan_suppressions.txt"
  export STAGECOACH_TEST_SLOWNESS="${STAGECOACH_TEST_SLOWNESS:-4}"
}

show_findings() {
  local refused='WARNING: AddressSanitizer failed to allocate' found
  compgen -G "${REPORTS}/sanitizer.*" >/dev/null || return 0
  # Memory that was refused, because no machine has it, is no finding.
  mapfile -t found < <(grep -lvE "${refused}" "${REPORTS}"/sanitizer.*)
  ((${#found[@]})) || return 0
  head -n 60 "${found[@]}" >&2
  printf 'what sanitizers found: %s\n' "${found[*]}" >&2
  return 1
}

run_ctest() {
  local label="$1"
  ctest --test-dir "${BUILD}" --label-regex "^${label}\$" --quiet \
    --output-log "${REPORTS}/${label}.log" --output-on-failure \
    --output-junit "${REPORTS}/${label}.xml" --no-tests=error \
    --parallel "$(nproc)" || {
    show_failures "${REPORTS}/${label}.log"
    return 1
  }
  # What the tests did, where they say it.
  sed -n 's/^figures: /  /p' "${BUILD}/Testing/Temporary/LastTest.log"
}

show_failures() {
  local log="$1"
  tail -n 200 "${log}" >&2
  printf 'all of the output: %s\n' "${log}" >&2
}

# run_pytest LABEL VENV: the tests in tests/LABEL.
run_pytest() {
  local label="$1" venv="$2" log="${REPORTS}/$1.log"
  (cd "${ROOT}/tests/${label}" &&
    PATH="${venv}/bin:${PATH}" STAGECOACH_BUILD="${BUILD}" \
      PYTHONDONTWRITEBYTECODE=1 python -m pytest --quiet \
      --junit-xml="${REPORTS}/${label}.xml" >"${log}" 2>&1) && return 0
  show_failures "${log}"
  return 1
}

run_tests() {
  case "$1" in
    interop) run_pytest interop "${INTEROP_VENV}" ;;
    deploy) run_pytest deploy "${DEPLOY_VENV}" ;;
    *) run_ctest "$1" ;;
  esac
}

main() {
  local labels=("$@") label reports=() targets=() status=0
  [[ "$#" == 0 ]] && labels=(unit integration fault interop deploy)
  for label in "${labels[@]}"; do
    case "${label}" in
      unit | integration | fault | fault-long | interop | deploy)
        reports+=("${REPORTS}/${label}.xml")
        ;;
      --help | -h) sed -n '2,14s/^# \{0,1\}//p' "$0" && return 0 ;;
      *) fail "unknown label ${label}; known: unit, integration, fault," \
        "fault-long, interop, deploy" ;;
    esac
  done
  if [[ " ${labels[*]} " == *" interop "* ]]; then
    timed "setup interop" "${SCRIPTS}/setup.sh" --interop
  fi
  if [[ " ${labels[*]} " == *" deploy "* ]]; then
    timed "setup deploy" "${SCRIPTS}/setup.sh" --deploy
  fi
  [[ "${labels[*]}" != deploy ]] || targets=(programs)
  "${SCRIPTS}/build.sh" "${PRESET}" "${targets[@]}"
  rm -rf "${REPORTS}"
  mkdir -p "${REPORTS}"
  case "${PRESET}" in asan | tsan) set_sanitizers ;; esac
  for label in "${labels[@]}"; do
    timed "tests ${label}" run_tests "${label}" || status=1
  done
  show_findings || status=1
  python3 "${SCRIPTS}/count_tests.py" "${reports[@]}" || status=1
  return "${status}"
}

main "$@"
