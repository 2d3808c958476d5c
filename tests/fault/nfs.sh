#!/usr/bin/env bash
# Runs the reference pipeline and the short tests of faults with their volumes
# on a folder of your own, for example the mount of an NFSv4.1 server:
#
#   nfs.sh FOLDER [BUILD]    BUILD: a folder with a built preset, by default
#                            build/release
#
# STAGECOACH_TEST_OUTAGE is a command that stops the server and starts it again
# some seconds later, such as
#   'ssh files "systemctl stop nfs-server; sleep 10; systemctl start nfs-server"'
# It is run in the middle of runs and under load; without it the server stays.
# STAGECOACH_TEST_OTHER_MOUNT is a second mount of the same folder that shares no
# cache with the first (`nosharecache`), in place of a second machine.
# STAGECOACH_TEST_SLOWNESS=3 multiplies the tests' limits by 3.
# STAGECOACH_FAULT_PASSES=N kills at each crash point the first N times that it
# is passed (1); STAGECOACH_FAULT_KILLS=N is how often the load is hit (20).
#
# Stores and logs stay on local disk. Prints what each test did; the exit status
# is 0 only if all passed.

set -euo pipefail

# Seconds of load before the server stops.
readonly LOAD_SECONDS=5

# under_load COMMAND…: the server stops meanwhile.
under_load() {
  local outage status=0
  if [[ -z "${STAGECOACH_TEST_OUTAGE:-}" ]]; then
    "$@"
    return
  fi
  (sleep "${LOAD_SECONDS}" && bash -c "${STAGECOACH_TEST_OUTAGE}") &
  outage="$!"
  "$@" || status=1
  wait "${outage}" || status=1
  return "${status}"
}

main() {
  local root folder build status=0 test
  root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
  if [[ "$#" -lt 1 || "$1" == --help || "$1" == -h ]]; then
    sed -n '2,21s/^# \{0,1\}//p' "$0"
    return 0
  fi
  folder="$(cd "$1" && pwd)"
  build="${2:-${root}/build/release}"
  printf 'volumes on %s (%s)\n' "${folder}" \
    "$(stat --file-system --format=%T "${folder}")"
  export STAGECOACH_TEST_VOLUMES="${folder}"
  export STAGECOACH_FAULT_PASSES="${STAGECOACH_FAULT_PASSES:-1}"
  for test in integration/reference_run_test integration/replicas_test \
    fault/file_server_test fault/crash_points_test; do
    printf -- '--- %s\n' "${test}"
    "${build}/tests/${test}" --gtest_brief=1 || status=1
  done
  printf -- '--- fault/load_test\n'
  under_load "${build}/tests/fault/load_test" --gtest_brief=1 || status=1
  return "${status}"
}

main "$@"
