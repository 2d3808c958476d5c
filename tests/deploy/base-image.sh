#!/usr/bin/env bash
# Makes the image docker.io/library/debian:bookworm-slim with debootstrap, where
# no registry can be reached. Packages come from where this machine gets them.
#
#   base-image.sh    as root; needs debootstrap and podman

set -euo pipefail
readonly NAME=docker.io/library/debian:bookworm-slim

use_sources_of_this_machine() {
  local root="$1"
  rm -f "${root}/etc/apt/sources.list"
  cp -rL /etc/apt/sources.list.d "${root}/etc/apt/"
  find /etc/apt/apt.conf.d -name '99*' -exec cp -L {} \
    "${root}/etc/apt/apt.conf.d/" \;
  mkdir -p "${root}/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "${root}/etc/ssl/certs/"
  [[ ! -f /etc/pip.conf ]] || cp /etc/pip.conf "${root}/etc/"
}

main() {
  local folder
  if podman image exists "${NAME}"; then return; fi
  folder="$(mktemp -d)"
  # shellcheck disable=SC2064  # The folder of now is meant.
  trap "rm -rf --one-file-system '${folder}'" EXIT
  debootstrap --variant=minbase bookworm "${folder}/root" \
    >"${folder}/log" || { tail "${folder}/log" >&2 && return 1; }
  use_sources_of_this_machine "${folder}/root"
  tar -C "${folder}/root" -c . | podman import - "${NAME}" >/dev/null
}

main "$@"
