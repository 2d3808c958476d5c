#!/usr/bin/env bash
# Makes the root folder of each image: its programs, the shared libraries that
# they load, and what the C library reads in /etc.
#
#   collect-roots.sh PROGRAMS ROOTS    PROGRAMS: where `cmake --install` put
#                                      them; ROOTS: gets a folder for each image

set -euo pipefail
readonly USER_ID=10001

# Programs look for their own libraries in ../lib/stagecoach.
libraries_of() {
  local found
  found="$(ldd "$@")"
  if grep 'not found' <<<"${found}" >&2; then return 1; fi
  awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' \
    <<<"${found}" | sort -u
}

copy_program() {
  local programs="$1" root="$2" name="$3" libraries library
  libraries="$(libraries_of "${programs}/bin/${name}")"
  install -D -m 755 "${programs}/bin/${name}" "${root}/usr/bin/${name}"
  while read -r library; do
    case "$(realpath -s "${library}")" in
      "$(realpath "${programs}")"/*)
        install -D -m 755 "${library}" \
          "${root}/usr/lib/stagecoach/$(basename "${library}")"
        ;;
      *) install -D -m 755 "${library}" "${root}${library}" ;;
    esac
  done <<<"${libraries}"
}

make_folders() {
  local programs="$1" root="$2"
  mkdir -p "${root}/etc/ssl/certs" "${root}/tmp" "${root}/var/lib/stagecoach" \
    "${root}/mnt/artifacts" "${root}/usr/share"
  cp -R "${programs}/share/stagecoach" "${root}/usr/share/"
  echo "stagecoach:x:${USER_ID}:${USER_ID}::/:/nonexistent" >"${root}/etc/passwd"
  echo "stagecoach:x:${USER_ID}:" >"${root}/etc/group"
  echo "hosts: files dns" >"${root}/etc/nsswitch.conf"
  # A name in /etc/hosts has all of its addresses, as one in DNS has.
  echo "multi on" >"${root}/etc/host.conf"
  cp /etc/ssl/certs/ca-certificates.crt "${root}/etc/ssl/certs/"
  chmod 1777 "${root}/tmp"
}

collect() {
  local programs="$1" root="$2" name
  shift 2
  rm -rf "${root}"
  for name in "$@"; do copy_program "${programs}" "${root}" "${name}"; done
  make_folders "${programs}" "${root}"
}

collect "$1" "$2/orchestrator" stagecoach stagecoach-orchestrator
collect "$1" "$2/stages" stagecoach-load stagecoach-prepare stagecoach-train \
  stagecoach-forecast
