#!/usr/bin/env bash
# Builds gRPC, protobuf and Abseil once more, with the thread sanitizer, from the
# sources of the Debian packages that are installed: it sees only order that
# instrumented code makes, and most of what our threads hand each other goes
# through these. build.sh does it for the preset tsan.
#
#   tsan_libraries.sh    into third_party/tsan. Takes two cores some 40 minutes,
#                        once; a second run does nothing.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly PREFIX="${ROOT}/third_party/tsan"
readonly WORK="${PREFIX}.part"
# In the order in which one needs the other.
readonly PACKAGES=(libabsl-dev libprotobuf-dev libgrpc-dev)

# Settings for all. The C++ standard is the one of Debian's packages, which
# Abseil's types depend on.
readonly SETTINGS=(
  -G Ninja -Wno-dev
  -DCMAKE_BUILD_TYPE=None
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
  "-DCMAKE_C_FLAGS=-fsanitize=thread -O1 -g1"
  "-DCMAKE_CXX_FLAGS=-fsanitize=thread -O1 -g1"
  -DCMAKE_CXX_STANDARD=17
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DBUILD_SHARED_LIBS=OFF
  -DCMAKE_INSTALL_PREFIX="${PREFIX}"
  -DCMAKE_INSTALL_LIBDIR=lib
  -DCMAKE_PREFIX_PATH="${PREFIX}"
)
readonly PROTOBUF_SETTINGS=(-Dprotobuf_BUILD_TESTS=OFF)
readonly GRPC_SETTINGS=(
  -DgRPC_INSTALL=ON
  -DgRPC_BACKWARDS_COMPATIBILITY_MODE=OFF
  -DgRPC_ABSL_PROVIDER=package
  -DgRPC_CARES_PROVIDER=package
  -DgRPC_PROTOBUF_PROVIDER=package
  -DgRPC_RE2_PROVIDER=package
  -DgRPC_SSL_PROVIDER=package
  -DgRPC_ZLIB_PROVIDER=package
  -DgRPC_BUILD_GRPC_CSHARP_PLUGIN=OFF
  -DgRPC_BUILD_GRPC_NODE_PLUGIN=OFF
  -DgRPC_BUILD_GRPC_OBJECTIVE_C_PLUGIN=OFF
  -DgRPC_BUILD_GRPC_PHP_PLUGIN=OFF
  -DgRPC_BUILD_GRPC_PYTHON_PLUGIN=OFF
  -DgRPC_BUILD_GRPC_RUBY_PLUGIN=OFF
)

# One line for each package, as apt names its source.
sources() {
  local package
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${source:Package}=${source:Version}\n' "${package}"
  done
}

# apt with the same servers as this machine's, for sources, and with folders of
# its own.
apt_get() {
  apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User="$(id -un)" \
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="${WORK}/apt" \
    -o Dir::State::Lists="${WORK}/lists" -o Dir::Cache="${WORK}/cache" "$@"
}

name_source_servers() {
  local file
  mkdir -p "${WORK}/apt" "${WORK}/lists/partial" "${WORK}/cache"
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -e "${file}" ]] || continue
    sed 's/^Types:.*/Types: deb-src/' "${file}" \
      >"${WORK}/apt/$(basename "${file}")"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -e "${file}" ]] || continue
    sed -n 's/^deb /deb-src /p' "${file}" >"${WORK}/apt/$(basename "${file}")"
  done
}

# build SOURCE SETTING…: SOURCE is NAME=VERSION.
build() {
  local name="${1%%=*}" launcher=()
  command -v ccache >/dev/null &&
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache
      -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  # Joined, because what `timed` calls does not end at a failure by itself.
  (cd "${WORK}" && quietly "tsan-source-${name}" apt_get source "$1") &&
    quietly "tsan-configure-${name}" cmake -S "$(echo "${WORK}/${name}"-*/)" \
      -B "${WORK}/build-${name}" "${SETTINGS[@]}" "${launcher[@]}" "${@:2}" &&
    quietly "tsan-build-${name}" cmake --build "${WORK}/build-${name}" \
      --parallel "$(build_jobs)" --target install
}

main() {
  local installed settings source
  case "${1:-}" in
    "") ;;
    --help | -h) sed -n '2,8s/^# \{0,1\}//p' "$0" && return 0 ;;
    *) fail "unknown argument $1; known: --help" ;;
  esac
  installed="$(sources)"
  [[ "$(cat "${PREFIX}/sources" 2>/dev/null)" == "${installed}" ]] && return 0
  say "building ${installed//$'\n'/, } with the thread sanitizer"
  rm -rf "${PREFIX}" "${WORK}"
  name_source_servers
  quietly tsan-apt apt_get update
  while read -r source; do
    case "${source}" in
      protobuf=*) settings=("${PROTOBUF_SETTINGS[@]}") ;;
      grpc=*) settings=("${GRPC_SETTINGS[@]}") ;;
      *) settings=() ;;
    esac
    timed "build ${source%%=*}" build "${source}" "${settings[@]}"
  done <<<"${installed}"
  # Last, so that an interrupted run leaves nothing that the next one trusts.
  echo "${installed}" >"${PREFIX}/sources"
  rm -rf "${WORK}"
}

main "$@"
