#!/usr/bin/env bash
# Installs what is missing, builds, starts the four stages and the orchestrator
# on this machine, runs the airline pipeline before your eyes, and stops what
# it has started.
#
#   run.sh [--keep] [-- ARGUMENT…]
#
#   --keep       leaves everything running, to go on with the command
#                `stagecoach`
#   ARGUMENT…    further arguments of `stagecoach run airline`, for example
#                -- --set epochs=50
#
# Everything that it makes (volume, run history, logs) is in .stagecoach/.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly BIN="${ROOT}/build/release/bin"
readonly CLUSTER="${ROOT}/.stagecoach"

# Whether a server of the cluster was running before.
is_up() {
  local pid
  while read -r pid; do
    kill -0 "${pid}" 2>/dev/null && return 0
  done < <(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "${CLUSTER}"/run/*.json \
    2>/dev/null)
  return 1
}

stop() { "${BIN}/stagecoach" down --dir "${CLUSTER}"; }

tell_how_to_go_on() {
  cat <<TEXT

Go on, from this folder:
  export PATH="${BIN}:\$PATH"
  stagecoach run airline --set epochs=200   another run, with a parameter set
  stagecoach runs                           what has run
  stagecoach artifacts --help               what the runs have made
  stagecoach --help                         everything else
TEXT
  if [[ "$1" == yes ]]; then
    say "  stagecoach down                           stop all processes"
  else
    say "  stagecoach up                             first, to start it again"
  fi
}

main() {
  local keep=no
  while (($#)); do
    case "$1" in
      --keep) keep=yes ;;
      --help | -h) sed -n '2,14s/^# \{0,1\}//p' "$0" && return 0 ;;
      --) shift && break ;;
      *) fail "unknown argument $1; arguments of the run come after --" ;;
    esac
    shift
  done
  "${SCRIPTS}/build.sh" release programs
  cd "${ROOT}"
  # The cluster of this folder, whichever one the user otherwise talks to.
  unset STAGECOACH_SERVER STAGECOACH_DIR
  is_up && keep=yes
  [[ "${keep}" == yes ]] || trap stop EXIT
  "${BIN}/stagecoach" up --dir "${CLUSTER}"
  "${BIN}/stagecoach" run airline "$@"
  tell_how_to_go_on "${keep}"
}

main "$@"
