#!/usr/bin/env bash
# Makes the root folder of an image: programs of /opt/stagecoach, the shared
# libraries that they load, and what the C library reads in /etc.
#
#   collect-root.sh ROOT PROGRAM…

set -euo pipefail
readonly FROM=/opt/stagecoach
readonly USER_ID=10001
root="$1"
shift

# Programs look for their own libraries in ../lib/stagecoach.
libraries_of() {
  LD_LIBRARY_PATH="${FROM}/lib/stagecoach" ldd "$@" |
    awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' |
    sort -u
}

make_etc() {
  mkdir -p "${root}/etc/ssl/certs" "${root}/tmp" "${root}/var/lib/stagecoach" \
    "${root}/mnt/artifacts"
  echo "stagecoach:x:${USER_ID}:${USER_ID}::/:/nonexistent" >"${root}/etc/passwd"
  echo "stagecoach:x:${USER_ID}:" >"${root}/etc/group"
  echo "hosts: files dns" >"${root}/etc/nsswitch.conf"
  [[ ! -f /etc/ssl/certs/ca-certificates.crt ]] ||
    cp /etc/ssl/certs/ca-certificates.crt "${root}/etc/ssl/certs/"
  chown -R "${USER_ID}:${USER_ID}" "${root}/var/lib/stagecoach" \
    "${root}/mnt/artifacts"
  chmod 1777 "${root}/tmp"
}

copy_programs() {
  local program library
  mkdir -p "${root}/usr/bin" "${root}/usr/lib/stagecoach"
  for program in "$@"; do
    install -m 755 "${FROM}/bin/${program}" "${root}/usr/bin/"
    while read -r library; do
      if [[ "${library}" == "${FROM}"/* ]]; then
        cp -L "${library}" "${root}/usr/lib/stagecoach/"
      else
        install -D -m 755 "${library}" "${root}${library}"
      fi
    done < <(libraries_of "${FROM}/bin/${program}")
  done
  mkdir -p "${root}/usr/share"
  cp -R "${FROM}/share/stagecoach" "${root}/usr/share/"
}

copy_programs "$@"
make_etc
