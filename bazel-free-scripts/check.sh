#!/usr/bin/env bash
# Checks all that a machine can check, with the tools of setup.sh --checks.
#
#   check.sh [--all] [--fix] [CHECK…]
#
#   format        clang-format
#   tidy          clang-tidy, on the TIDY_FILES (60) files that were changed last
#                 since the base; --all: on all files
#   proto         buf lint and format; breaking changes against the base
#   python        ruff check and format
#   shell         shellcheck
#   yaml          yamllint
#   deploy        hadolint; compose.yaml fits the schema of Compose; every
#                 Kubernetes overlay renders, fits the schemas of 1.31 to 1.35
#                 and our policy; what is generated is fresh
#   dependencies  who may include and link whom; every file is in a target
#   style         sizes, exceptions, sleeping, header guards
#
# The base is where this branch left origin/main, or CHECK_BASE. --fix formats
# instead of complaining. All checks run, with the seconds that each took; the
# last line names those that failed.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly PRESET="${STAGECOACH_PRESET:-release}"
readonly BUILD="${ROOT}/build/${PRESET}"
readonly CHECKS=(format proto python shell yaml deploy dependencies style tidy)
all=no
fix=no

# The commit that changes are counted from. On the main branch itself it is the
# last commit that is a day older than the newest or, in a younger history, the
# one before the newest.
base_commit() {
  local base newest
  base="${CHECK_BASE:-$(git merge-base HEAD origin/main 2>/dev/null || true)}"
  if [[ -z "${base}" || "${base}" == "$(git rev-parse HEAD)" ]]; then
    newest="$(git log -1 --format=%ct)"
    base="$(git rev-list -1 --before="$((newest - 86400))" HEAD)"
    [[ -n "${base}" ]] || base="$(git rev-parse --quiet --verify HEAD~1)"
  fi
  echo "${base}"
}

project_files() { git ls-files -co --exclude-standard --deduplicate -- "$@"; }

# The source files to look at: changed ones, and those of changed headers.
tidy_files() {
  local base
  base="$(base_commit)"
  if [[ "${all}" == yes ]]; then
    project_files '*.cc'
    return
  fi
  # A copy without history does not say what was changed.
  [[ -n "${base}" ]] || return 0
  {
    git ls-files -o --exclude-standard -- '*.cc' '*.h'
    git diff --name-only --diff-filter=d HEAD -- '*.cc' '*.h'
    git log --format= --name-only --diff-filter=d "${base}..HEAD" -- '*.cc' '*.h'
  } | sed 's/\.h$/.cc/' | awk '!seen[$0]++' | while read -r file; do
    if [[ -f "${file}" ]]; then echo "${file}"; fi
  done
}

check_format() {
  local options=(--dry-run -Werror)
  [[ "${fix}" == yes ]] && options=(-i)
  project_files '*.cc' '*.h' | xargs -r clang-format "${options[@]}"
}

check_tidy() {
  local files changed limit="${TIDY_FILES:-60}"
  mapfile -t files < <(tidy_files)
  changed="${#files[@]}"
  if [[ "${all}" == no ]] && ((changed > limit)); then
    files=("${files[@]:0:limit}")
    say "tidy: the newest ${limit} of ${changed} changed files;" \
      "TIDY_FILES sets another number"
  fi
  ((${#files[@]})) || return 0
  "${SCRIPTS}/build.sh" "${PRESET}" stagecoach_grpc stagecoach_health_grpc \
    >/dev/null || return
  python3 "${SCRIPTS}/tidy.py" "${BUILD}" "$(build_jobs)" "${files[@]}"
}

check_proto() {
  local base options=(--diff --exit-code)
  [[ "${fix}" == yes ]] && options=(--write)
  base="$(base_commit)"
  buf lint || return
  buf format "${options[@]}" || return
  if [[ -n "${base}" && -n "$(git ls-tree "${base}" proto/)" ]]; then
    buf breaking --against ".git#ref=${base}"
  fi
}

check_python() {
  local check=() format=(--diff)
  [[ "${fix}" == yes ]] && check=(--fix) && format=()
  ruff format --quiet --no-cache "${format[@]}" || return
  ruff check --quiet --no-cache "${check[@]}"
}

check_shell() {
  project_files '*.sh' .ci/run | xargs shellcheck --external-sources \
    --source-path=SCRIPTDIR
}

check_yaml() { project_files '*.yaml' '*.yml' | xargs yamllint --strict; }

check_deploy() {
  "${SCRIPTS}/setup.sh" --deploy || return
  "${DEPLOY_VENV}/bin/hadolint" deploy/Dockerfile || return
  "${DEPLOY_VENV}/bin/check-jsonschema" --quiet \
    --builtin-schema vendor.compose-spec deploy/compose.yaml || return
  python3 deploy/prometheus/make_rules.py --check || return
  python3 deploy/grafana/make_boards.py --check || return
  PATH="${DEPLOY_VENV}/bin:${PATH}" python tests/deploy/check_manifests.py
}

check_dependencies() {
  python3 "${SCRIPTS}/check_dependencies.py" "${BUILD}"
}

check_style() { python3 "${SCRIPTS}/check_style.py"; }

main() {
  local argument check checks=() failed=()
  for argument in "$@"; do
    case "${argument}" in
      --all) all=yes ;;
      --fix) fix=yes ;;
      --help | -h) sed -n '2,21s/^# \{0,1\}//p' "$0" && return 0 ;;
      *)
        [[ " ${CHECKS[*]} " == *" ${argument} "* ]] ||
          fail "unknown check ${argument}; known: ${CHECKS[*]}"
        checks+=("${argument}")
        ;;
    esac
  done
  ((${#checks[@]})) || checks=("${CHECKS[@]}")
  timed "setup checks" "${SCRIPTS}/setup.sh" --checks
  cd "${ROOT}"
  export PATH="${CHECKS_VENV}/bin:${PATH}" PYTHONDONTWRITEBYTECODE=1
  for check in "${checks[@]}"; do
    timed "check ${check}" "check_${check}" || failed+=("${check}")
  done
  if ((${#failed[@]})); then
    say "failed: ${failed[*]}"
    return 1
  fi
  say "all checks passed: ${checks[*]}"
}

main "$@"
