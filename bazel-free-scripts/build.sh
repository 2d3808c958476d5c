#!/usr/bin/env bash
# Configures and builds a preset of CMakePresets.json, after installing what is
# missing. A second run builds only what has changed.
#
#   build.sh [PRESET [TARGET…]]    PRESET: release (default), dev, asan, tsan,
#                                  clang, shared
#                                  TARGET: none: all; `programs`: what is
#                                  installed, without tests
#
# STAGECOACH_JOBS sets how many compilers run at once; by default as many as
# cores and memory allow.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Another clone of the project compiles the same: let it find the same objects.
export CCACHE_BASEDIR="${ROOT}" CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros

configure() {
  local preset="$1" arguments=()
  command -v ccache >/dev/null &&
    arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  [[ -n "${Torch_DIR:-}" ]] && arguments+=("-DTorch_DIR=${Torch_DIR}")
  [[ -n "${CMAKE_PREFIX_PATH:-}" ]] &&
    arguments+=("-DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH//:/;}")
  cd "${ROOT}" && quietly "configure-${preset}" \
    cmake --preset "${preset}" "${arguments[@]}"
}

build() {
  local preset="$1" target arguments=()
  shift
  for target in "$@"; do arguments+=(--target "${target}"); done
  quietly "build-${preset}" cmake --build "${ROOT}/build/${preset}" \
    --parallel "$(build_jobs)" "${arguments[@]}"
}

main() {
  local preset="${1:-release}"
  case "${preset}" in
    release | dev | asan | tsan | clang | shared) ;;
    --help | -h) sed -n '2,11s/^# \{0,1\}//p' "$0" && return 0 ;;
    *) fail "unknown preset ${preset}; known: release, dev, asan," \
      "tsan, clang, shared" ;;
  esac
  local needs=()
  [[ "${*:2}" == programs ]] || needs+=(--tests)
  case "${preset}" in asan | tsan | clang) needs+=(--clang) ;; esac
  [[ "${preset}" != tsan ]] || needs+=(--sources)
  timed setup "${SCRIPTS}/setup.sh" "${needs[@]}"
  if [[ "${preset}" == tsan ]]; then "${SCRIPTS}/tsan_libraries.sh"; fi
  timed "configure ${preset}" configure "${preset}"
  timed "build ${preset}" build "${preset}" "${@:2}"
}

main "$@"
