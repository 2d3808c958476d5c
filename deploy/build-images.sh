#!/usr/bin/env bash
# Builds the images stagecoach-orchestrator and stagecoach-stages with docker,
# podman or buildah, whichever works first.
#
#   build-images.sh [--tool TOOL] [--tag TAG] [--prebuilt] [-- ARGUMENT…]
#
#   --tag TAG     of both images; the version by default
#   --prebuilt    takes the programs that this machine has built (it must be
#                 Debian 12, as the base image is) instead of compiling anew
#   ARGUMENT…     further arguments of the tool's build, for example
#                 -- --build-arg BASE_IMAGE=registry.example.com/debian:12
#                 -- --build-arg APT_MIRROR=http://deb.debian.org/debian
#
# A compile inside the image takes 15 minutes on 2 cores and 3 GB.

source "$(dirname "${BASH_SOURCE[0]}")/../bazel-free-scripts/lib.sh"

readonly PROGRAMS="${ROOT}/build/programs"
readonly ROOTS="${ROOT}/build/roots"
tool=""
tag=""
prebuilt=no

# A docker without its daemon is none.
find_tool() {
  local candidate
  for candidate in docker podman buildah; do
    if "${candidate}" version >/dev/null 2>&1; then
      echo "${candidate}"
      return
    fi
  done
  fail "needs docker, podman or buildah, one that works"
}

version() {
  sed -n 's/^project(stagecoach VERSION \([0-9.]*\).*/\1/p' \
    "${ROOT}/CMakeLists.txt"
}

# What the images are made of, without compiling in one.
collect_roots() {
  "${SCRIPTS}/build.sh" release programs
  rm -rf "${PROGRAMS}"
  quietly install-programs cmake --install "${ROOT}/build/release" \
    --prefix "${PROGRAMS}"
  rm -rf "${ROOTS}"
  "${ROOT}/deploy/collect-roots.sh" "${PROGRAMS}" "${ROOTS}"
}

# HEALTHCHECK is known to docker's format alone. Layers: both images are made of
# one build, which buildah does not keep by default.
# --label: buildah keeps the Dockerfile's label of an earlier revision in its
# layers.
build() {
  local target="$1" command=("${tool}" build) revision
  shift
  revision="$(git -C "${ROOT}" rev-parse --short=12 HEAD)"
  [[ "${tool}" == docker ]] || command+=(--format docker --layers)
  "${command[@]}" --file "${ROOT}/deploy/Dockerfile" --target "${target}" \
    --tag "stagecoach-${target}:${tag}" \
    --build-arg "VERSION=$(version)" \
    --build-arg "REVISION=${revision}" \
    --label "org.opencontainers.image.revision=${revision}" \
    --build-arg "PREBUILT=${prebuilt}" "$@" "${ROOT}"
}

main() {
  while (($#)); do
    case "$1" in
      --tool) tool="$2" && shift ;;
      --tag) tag="$2" && shift ;;
      --prebuilt) prebuilt=yes ;;
      --help | -h) sed -n '2,16s/^# \{0,1\}//p' "$0" && return 0 ;;
      --) shift && break ;;
      *) fail "unknown argument $1; arguments of the build come after --" ;;
    esac
    shift
  done
  [[ -n "${tool}" ]] || tool="$(find_tool)"
  [[ -n "${tag}" ]] || tag="$(version)"
  [[ "${prebuilt}" == no ]] || collect_roots
  timed "image orchestrator" build orchestrator "$@"
  timed "image stages" build stages "$@"
}

main "$@"
