#!/usr/bin/env bash
# Runs inside the image build: leaves the root folder of each image in /roots.
# Variables are the build arguments of deploy/Dockerfile.

set -euo pipefail
readonly PROGRAMS=/opt/stagecoach
readonly USER_ID=10001

use_mirror() {
  [[ -n "${APT_MIRROR:-}" ]] || return 0
  rm -f /etc/apt/sources.list.d/*
  printf 'deb %s bookworm main\n' "${APT_MIRROR}" >/etc/apt/sources.list
}

compile() {
  local name
  use_mirror
  for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS; do
    if [[ -n "${!name:-}" ]]; then export "${name?}"; else unset "${name}"; fi
  done
  [[ -z "${JOBS:-}" ]] || export STAGECOACH_JOBS="${JOBS}"
  bazel-free-scripts/setup.sh
  cmake --preset release -DSTAGECOACH_BUILD_TESTS=OFF \
    -DSTAGECOACH_REVISION="${REVISION}"
  bazel-free-scripts/build.sh release programs
  cmake --install build/release --prefix "${PROGRAMS}"
}

if [[ "${PREBUILT:-no}" == yes ]]; then
  cp -R build/roots /roots
else
  compile
  deploy/collect-roots.sh "${PROGRAMS}" /roots
  # The layer keeps what the images need, not 5 GB of objects.
  rm -rf build third_party "${PROGRAMS}"
fi
# What the programs may write to, if nothing is mounted there.
chown -R "${USER_ID}:${USER_ID}" /roots/*/var/lib/stagecoach \
  /roots/*/mnt/artifacts
