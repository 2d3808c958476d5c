#!/usr/bin/env bash
# Installs what building Stagecoach needs and is not there yet (Debian 12, root
# or sudo). What is there is left alone: a second run takes no time and works
# without a network.
#
#   setup.sh             compiler, libraries and libtorch
#   setup.sh --tests     also what only tests need: PostgreSQL, FUSE, curl
#   setup.sh --clang     also what the presets with clang need
#   setup.sh --sources   also what unpacks the sources of Debian packages
#   setup.sh --checks    also the tools of check.sh, into .venv/checks
#   setup.sh --interop   also the Python packages of tests/interop, into
#                        .venv/interop
#   setup.sh --bench     also what tests/bench compares with, into .venv/bench
#   setup.sh --deploy    also what tests/deploy needs: Prometheus, and kubectl
#                        and others in .venv/deploy
#
# libtorch comes out of the CPU wheel of the Python package `torch`. Torch_DIR
# or CMAKE_PREFIX_PATH name another one, which is then used as it is.
# PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS and all other settings of pip hold.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly TORCH_VERSION=2.13.0
readonly LIBTORCH="${ROOT}/third_party/libtorch"

readonly BUILD_PACKAGES=(
  ca-certificates ccache cmake g++ git ninja-build
  python3 python3-pip python3-venv unzip
  libabsl-dev libbenchmark-dev libcli11-dev libcpp-httplib-dev
  libfast-float-dev libgmock-dev libgrpc++-dev libgtest-dev libjemalloc-dev
  libmicrohttpd-dev libpq-dev libprotobuf-dev libspdlog-dev libsqlite3-dev
  libssl-dev libyaml-cpp-dev libzip-dev nlohmann-json3-dev prometheus-cpp-dev
  protobuf-compiler protobuf-compiler-grpc zlib1g-dev
)
readonly TEST_PACKAGES=(curl libfuse3-dev postgresql)
readonly CLANG_PACKAGES=(clang libclang-rt-14-dev llvm-14)
readonly SOURCE_PACKAGES=(dpkg-dev)
readonly CHECK_PACKAGES=(clang shellcheck)
readonly DEPLOY_PACKAGES=(libnss-wrapper prometheus)

usage() { sed -n '2,20s/^# \{0,1\}//p' "$0"; }

missing_packages() {
  local installed package
  installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "$@" \
    2>/dev/null || true)"
  for package in "$@"; do
    [[ "${installed}" == *" ${package}:installed "* ]] || echo "${package}"
  done
}

install_packages() {
  local missing
  command -v dpkg-query >/dev/null || fail "installs packages of Debian 12 or" \
    "a relative of it; on this system install what README.md lists"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  quietly apt-update as_root apt-get -q -o Acquire::Retries=3 update
  quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    install --no-install-recommends "${missing[@]}"
}

# Debian's PostgreSQL is installed for the tests, which start servers of their
# own; by itself it would start one for the whole machine.
keep_postgresql_idle() {
  local settings=/etc/postgresql-common/createcluster.d/stagecoach.conf
  [[ -e /etc/postgresql-common ]] && return 0
  as_root mkdir -p "${settings%/*}"
  echo 'create_main_cluster = false' | as_root tee "${settings}" >/dev/null
}

# Whether the caller names a libtorch of his own.
has_other_torch() {
  local prefix prefixes
  if [[ -n "${Torch_DIR:-}" ]]; then
    [[ -f "${Torch_DIR}/TorchConfig.cmake" ]] ||
      fail "Torch_DIR is ${Torch_DIR}, which has no TorchConfig.cmake"
    return 0
  fi
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}"; do
    [[ -f "${prefix}/share/cmake/Torch/TorchConfig.cmake" ]] && return 0
  done
  return 1
}

download_torch_wheel() {
  local cache="$1"
  mkdir -p "${cache}"
  quietly torch-download python3 -m pip download --quiet --no-deps \
    --retries 5 --progress-bar off --disable-pip-version-check \
    --only-binary :all: --dest "${cache}" "torch==${TORCH_VERSION}" && return 0
  fail "could not download torch ${TORCH_VERSION}. Give pip a package index" \
    "that has it (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS), or" \
    "set Torch_DIR to the folder of a TorchConfig.cmake"
}

# A wheel for CUDA links to libraries that are in other packages, and its CMake
# files ask for the CUDA toolkit.
refuse_cuda_wheel() {
  local wheel="$1"
  unzip -l "${wheel}" | grep -q 'torch/lib/libtorch_cuda' || return 0
  rm -f "${wheel}"
  fail "pip chose torch ${TORCH_VERSION} built for CUDA; Stagecoach needs the" \
    "CPU build (${TORCH_VERSION}+cpu). Set PIP_EXTRA_INDEX_URL to PyTorch's" \
    "package index for CPU, or PIP_FIND_LINKS to a folder with that wheel"
}

unpack_torch() {
  local wheel="$1" parts="${LIBTORCH}.part"
  rm -rf "${parts}"
  mkdir -p "${parts}"
  unzip -q "${wheel}" 'torch/lib/*' 'torch/include/*' 'torch/share/cmake/*' \
    -d "${parts}"
  # Headers of another protobuf, which would hide Debian's.
  rm -rf "${parts}/torch/include/google"
  echo "${TORCH_VERSION}" >"${parts}/version"
  rm -rf "${LIBTORCH}"
  mv "${parts}" "${LIBTORCH}"
}

# The version file is written last and the folder renamed into place whole, so
# an interrupted run leaves nothing that the next one would trust.
install_torch() {
  local cache="${ROOT}/third_party/wheels" wheels
  has_other_torch && return 0
  [[ "$(cat "${LIBTORCH}/version" 2>/dev/null)" == "${TORCH_VERSION}" ]] &&
    return 0
  [[ "$(uname -m)" == x86_64 || "$(uname -m)" == aarch64 ]] ||
    fail "there is no libtorch for $(uname -m); build one and set Torch_DIR"
  say "getting libtorch ${TORCH_VERSION} (about 200 MB)"
  download_torch_wheel "${cache}"
  wheels=("${cache}/torch-${TORCH_VERSION}"*.whl)
  refuse_cuda_wheel "${wheels[0]}"
  unpack_torch "${wheels[0]}"
  rm -rf "${cache}"
}

# install_venv FOLDER REQUIREMENTS: a virtual environment with exactly these
# packages; made anew when the requirements change or a run was interrupted.
install_venv() {
  local venv="$1" requirements="$2" stamp="$1/requirements.installed"
  cmp -s "${requirements}" "${stamp}" && return 0
  say "installing Python packages of ${requirements#"${ROOT}"/}"
  rm -rf "${venv}"
  quietly venv python3 -m venv "${venv}"
  quietly pip-install "${venv}/bin/pip" install --quiet --retries 5 \
    --disable-pip-version-check --requirement "${requirements}"
  cp "${requirements}" "${stamp}"
}

main() {
  local tests=no clang=no sources=no checks=no interop=no bench=no deploy=no
  local argument
  for argument in "$@"; do
    case "${argument}" in
      --tests) tests=yes ;;
      --clang) clang=yes ;;
      --sources) sources=yes ;;
      --checks) checks=yes ;;
      --interop) interop=yes ;;
      --bench) bench=yes ;;
      --deploy) deploy=yes ;;
      --help | -h) usage && return 0 ;;
      *) fail "unknown argument ${argument}; known: --tests, --clang," \
        "--sources, --checks, --interop, --bench, --deploy" ;;
    esac
  done
  local packages=("${BUILD_PACKAGES[@]}")
  [[ "${tests}" == no ]] || packages+=("${TEST_PACKAGES[@]}")
  [[ "${clang}" == no ]] || packages+=("${CLANG_PACKAGES[@]}")
  [[ "${sources}" == no ]] || packages+=("${SOURCE_PACKAGES[@]}")
  [[ "${checks}" == no ]] || packages+=("${CHECK_PACKAGES[@]}")
  [[ "${deploy}" == no ]] || packages+=("${DEPLOY_PACKAGES[@]}")
  [[ "${tests}" == no ]] || keep_postgresql_idle
  install_packages "${packages[@]}"
  install_torch
  if [[ "${checks}" == yes ]]; then
    install_venv "${CHECKS_VENV}" "${SCRIPTS}/check-requirements.txt"
  fi
  if [[ "${interop}" == yes ]]; then
    install_venv "${INTEROP_VENV}" "${ROOT}/tests/interop/requirements.txt"
  fi
  if [[ "${bench}" == yes ]]; then
    install_venv "${BENCH_VENV}" "${ROOT}/tests/bench/requirements.txt"
  fi
  if [[ "${deploy}" == yes ]]; then
    install_venv "${DEPLOY_VENV}" "${ROOT}/tests/deploy/requirements.txt"
  fi
}

main "$@"
