#!/usr/bin/env bash
# Runs the reference pipeline and the short tests of faults with their volumes
# on a folder of your own, for example the mount of an NFSv4.1 server:
#
#   nfs.sh FOLDER [BUILD]    BUILD: a folder with a built preset, by default
#                            build/release
#
# Stores and logs stay on local disk. Meanwhile break the server as you like: a
# mount that hangs (`hard`) holds runs up, and loses none. Prints what each test
# did; the exit status is 0 only if all passed.

set -euo pipefail

main() {
  local root folder build kind status=0 test
  root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
  if [[ "$#" -lt 1 || "$1" == --help || "$1" == -h ]]; then
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    return 0
  fi
  folder="$(cd "$1" && pwd)"
  build="${2:-${root}/build/release}"
  kind="$(stat --file-system --format=%T "${folder}")"
  printf 'volumes on %s (%s)\n' "${folder}" "${kind}"
  export STAGECOACH_TEST_VOLUMES="${folder}"
  for test in integration/reference_run_test integration/replicas_test \
    fault/load_test fault/crash_points_test; do
    printf -- '--- %s\n' "${test}"
    "${build}/tests/${test}" --gtest_brief=1 || status=1
  done
  return "${status}"
}

main "$@"
