#!/usr/bin/env bash
# Runs inside the image build: leaves the installed programs in /opt/stagecoach.
# Variables are the build arguments of deploy/Dockerfile.

set -euo pipefail
readonly PREFIX=/opt/stagecoach

use_mirror() {
  [[ -n "${APT_MIRROR:-}" ]] || return 0
  rm -f /etc/apt/sources.list.d/*
  printf 'deb %s bookworm main\n' "${APT_MIRROR}" >/etc/apt/sources.list
}

compile() {
  local name
  use_mirror
  for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL; do
    if [[ -n "${!name:-}" ]]; then export "${name?}"; else unset "${name}"; fi
  done
  [[ -z "${JOBS:-}" ]] || export STAGECOACH_JOBS="${JOBS}"
  bazel-free-scripts/setup.sh
  cmake --preset release -DSTAGECOACH_BUILD_TESTS=OFF \
    -DSTAGECOACH_REVISION="${REVISION}"
  bazel-free-scripts/build.sh release programs
  cmake --install build/release --prefix "${PREFIX}"
}

if [[ "${PREBUILT:-no}" == yes ]]; then
  cp -R build/programs "${PREFIX}"
else
  compile
fi
