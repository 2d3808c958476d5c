#!/usr/bin/env bash
# The whole system in real containers: builds the images, starts each stage, the
# orchestrator and Prometheus in a container or process of its own, all stages
# sharing one volume; triggers runs from outside; stops a stage at work, then the
# orchestrator; and shows that nothing is lost.
#
#   containers.sh [--compile | --built]    as root. --compile: compiles inside
#                                          the image, which takes 15 minutes,
#                                          instead of taking what this machine
#                                          has built; --built: takes the images
#                                          of the last time
#
# Installs podman, buildah, runc, debootstrap and Prometheus if they are
# missing. Needs no registry (base-image.sh). Not part of test.sh: it needs root
# and a kernel that lets it make containers.

source "$(dirname "${BASH_SOURCE[0]}")/../../bazel-free-scripts/lib.sh"

readonly TAG=test
readonly PREFIX="stagecoach-$$"
readonly STAGES=(load prepare train train-2 forecast)
# What a container has to live with: a read-only root, no rights, one user.
# The limits are below what a container in a container may set.
readonly RESTRICTED=(--runtime runc --read-only --cap-drop ALL
  --security-opt no-new-privileges --network host --no-healthcheck
  --ulimit nofile=1024:1024 --ulimit nproc=1000:1000)
readonly network="127.77.$((RANDOM % 256))"
folder=""
prometheus=""
hosts=()

cleanup() {
  local name
  for name in orchestrator "${STAGES[@]}"; do
    podman rm --force --time 5 "${PREFIX}-${name}" >/dev/null 2>&1 || true
  done
  [[ -z "${prometheus}" ]] || kill "${prometheus}" || true
  rm -rf --one-file-system "${folder}"
}

# until_true SECONDS WHAT COMMAND…
until_true() {
  local seconds="$1" what="$2" deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "after ${seconds} s still not ${what}"
    sleep 0.2
  done
}

build_images() {
  local arguments=(--prebuilt) sources=()
  [[ "$1" != --built ]] || return 0
  [[ "$1" != --compile ]] || arguments=()
  # Wheels that this machine has in a folder.
  if [[ -d "${PIP_FIND_LINKS:-}" ]]; then
    sources+=(--volume "${PIP_FIND_LINKS}:/wheels:ro"
      --build-arg PIP_FIND_LINKS=/wheels --build-arg PIP_EXTRA_INDEX_URL=)
  fi
  "${ROOT}/tests/deploy/base-image.sh"
  "${ROOT}/deploy/build-images.sh" --tool buildah --tag "${TAG}" \
    "${arguments[@]}" -- --isolation chroot "${sources[@]}"
}

# In bytes.
image_size() { podman image inspect --format '{{.Size}}' "$1"; }

check_images() {
  local image size revision
  for image in orchestrator stages; do
    image="localhost/stagecoach-${image}:${TAG}"
    revision="$(podman image inspect --format \
      '{{index .Labels "org.opencontainers.image.revision"}}' "${image}")"
    [[ "${revision}" == "$(git -C "${ROOT}" rev-parse --short=12 HEAD)" ]] ||
      fail "${image} says that it is revision ${revision}"
    size="$(image_size "${image}")"
    say "image ${image#localhost/}: $((size / 1000000)) MB," \
      "$(podman image inspect --format '{{.User}}, {{.Labels}}' "${image}")"
    ! podman run --rm "${RESTRICTED[@]}" --entrypoint /bin/sh "${image}" \
      -c true 2>/dev/null || fail "${image} has a shell"
  done
  size="$(image_size "localhost/stagecoach-orchestrator:${TAG}")"
  ((size < 150000000)) || fail "the orchestrator's image has ${size} bytes"
}

# Each container has an address of its own on the loopback network, as each pod
# has one in a cluster, and all have the ports that they have there.
address_of() {
  local i
  [[ "$1" != orchestrator ]] || { echo "${network}.1" && return; }
  for i in "${!STAGES[@]}"; do
    [[ "${STAGES[i]}" != "$1" ]] || echo "${network}.$((i + 2))"
  done
}

# start NAME IMAGE COMMAND…
start() {
  local name="$1" image="$2" address
  address="$(address_of "${name}")"
  shift 2
  podman run --detach --name "${PREFIX}-${name}" "${RESTRICTED[@]}" \
    "${hosts[@]}" --volume "${folder}/volume:/mnt/artifacts" \
    --volume "${folder}/state:/var/lib/stagecoach" \
    "localhost/stagecoach-${image}:${TAG}" "$@" \
    --volume=artifacts=/mnt/artifacts "--listen=${address}:50051" \
    "--metrics-listen=${address}:9464" --log-format=json >/dev/null
}

# As the image's HEALTHCHECK, which asks on all addresses, does.
healthy() {
  podman exec "${PREFIX}-$1" "$2" --health \
    "--listen=$(address_of "$1"):50051"
}

program_of() { echo "stagecoach-${1%-2}"; }

start_stages() {
  local name
  for name in "${STAGES[@]}"; do
    start "${name}" stages "$(program_of "${name}")" --drain-timeout=0s
  done
}

# With the flags of compose.yaml.
start_orchestrator() {
  start orchestrator orchestrator stagecoach-orchestrator \
    --store=sqlite:/var/lib/stagecoach/runs.db \
    --pipelines=/usr/share/stagecoach/pipelines \
    --stage=load=dns:///load:50051 --stage=prepare=dns:///prepare:50051 \
    --stage=train=dns:///train:50051 --stage=forecast=dns:///forecast:50051
}

start_prometheus() {
  local targets="" name
  for name in orchestrator "${STAGES[@]}"; do
    targets+="'$(address_of "${name}"):9464', "
  done
  cat >"${folder}/prometheus.yaml" <<TEXT
global: {scrape_interval: 1s}
rule_files: ['${ROOT}/deploy/prometheus/rules.yaml']
scrape_configs:
  - job_name: stagecoach
    static_configs: [{targets: [${targets}]}]
TEXT
  prometheus --config.file="${folder}/prometheus.yaml" \
    --storage.tsdb.path="${folder}/tsdb" \
    --web.listen-address=127.0.0.1:0 >"${folder}/prometheus.log" 2>&1 &
  prometheus="$!"
}

prometheus_address() {
  sed -n 's/.*msg="Listening on" address=\(\S*\).*/\1/p' \
    "${folder}/prometheus.log"
}

all_are_scraped() {
  local address
  address="$(prometheus_address)"
  [[ -n "${address}" ]] && promtool query instant "http://${address}" \
    'sum(up)' | grep -q "=> $((${#STAGES[@]} + 1)) "
}

command_outside() {
  "${ROOT}/build/release/bin/stagecoach" "$@" "--server=$(address_of orchestrator):50051"
}

in_state() {
  command_outside get "$1" -o json |
    python3 -c "import json, sys
run = json.load(sys.stdin)
step = next(s for s in run['steps'] if s['name'] == sys.argv[1])
print(step['state'], len(step['attempts']), step['attempts'][-1]['replica'])" \
      "$2" | grep -E "$3"
}

run_from_outside() {
  command_outside run airline
  # The command is in the image too.
  podman exec "${PREFIX}-orchestrator" stagecoach runs \
    "--server=$(address_of orchestrator):50051"
}

# Whether Prometheus has seen this to be so.
seen() {
  local found
  found="$(promtool query instant "http://$(prometheus_address)" "$1")"
  [[ -n "${found}" ]]
}

# Starts a run of half a minute and waits until its training has saved a
# checkpoint. Sets `run` and `trainer`, the container at work.
start_long_run() {
  local replica
  run="$(command_outside run airline --detach --set epochs=20000 \
    --set checkpoint_interval=100 | awk '$1 == "run" { print $2 }')"
  until_true 60 training in_state "${run}" train RUNNING
  replica="$(in_state "${run}" train RUNNING | awk '{ print $3 }')"
  trainer=train
  [[ "${replica}" == "$(address_of train):"* ]] || trainer=train-2
  until_true 30 checkpointed seen "increase(stagecoach_train_checkpoints_total\
{outcome=\"saved\",instance=\"$(address_of "${trainer}"):9464\"}[3s]) > 0"
}

# terminate NAME: as a cluster stops a pod.
terminate() {
  local code
  podman kill --signal TERM "${PREFIX}-$1" >/dev/null
  code="$(podman wait "${PREFIX}-$1")"
  [[ "${code}" == 0 ]] || fail "$1 ended with ${code}"
  podman logs "${PREFIX}-$1" 2>&1 | tail -n 4
}

# See that `run` ends well, having trained this many times.
has_lost_nothing() {
  command_outside watch "${run}" | tail -n 3
  command_outside get "${run}"
  in_state "${run}" forecast SUCCEEDED >/dev/null || fail "${run} was lost"
  in_state "${run}" train "^STEP_STATE_SUCCEEDED $1 " >/dev/null ||
    fail "${run} has not trained $1 times"
}

stop_a_stage_at_work() {
  local run trainer
  start_long_run
  terminate "${trainer}"
  until_true 30 "taken over" in_state "${run}" train '^STEP_STATE_RUNNING 2'
  until_true 30 resumed seen 'stagecoach_train_resumes_total > 0'
  has_lost_nothing 2
  say "SIGTERM to ${trainer} at work: it ended with 0, another went on from its" \
    "checkpoint, the run succeeded"
  podman start "${PREFIX}-${trainer}" >/dev/null
}

stop_the_orchestrator_at_work() {
  local run trainer
  start_long_run
  terminate orchestrator
  podman start "${PREFIX}-orchestrator" >/dev/null
  until_true 30 "the orchestrator back" command_outside runs
  has_lost_nothing 1
  say "SIGTERM to the orchestrator: it ended with 0, the next one took the run" \
    "up, which went on meanwhile and succeeded"
}

main() {
  local how="${1:-}" name
  case "${how}" in
    "" | --compile | --built) ;;
    *) sed -n '2,17s/^# \{0,1\}//p' "$0" && return 2 ;;
  esac
  DEBIAN_FRONTEND=noninteractive quietly apt-install apt-get install -q -y \
    --no-install-recommends buildah debootstrap podman prometheus runc
  folder="$(mktemp -d)"
  trap cleanup EXIT
  build_images "${how}"
  check_images
  mkdir -p "${folder}/volume/data" "${folder}/state"
  cp "${ROOT}"/deploy/data/*.csv "${folder}/volume/data/"
  chown -R 10001:10001 "${folder}/volume" "${folder}/state"
  # What DNS says in a cluster.
  for name in "${STAGES[@]}"; do
    hosts+=(--add-host "${name%-2}:$(address_of "${name}")")
  done
  start_stages
  start_orchestrator
  for name in orchestrator "${STAGES[@]}"; do
    until_true 60 "${name} healthy" healthy "${name}" "$(program_of "${name}")"
  done
  say "every container is healthy, says its own binary"
  start_prometheus
  until_true 30 "scraped" all_are_scraped
  say "Prometheus scrapes $((${#STAGES[@]} + 1)) containers"
  run_from_outside
  stop_a_stage_at_work
  stop_the_orchestrator_at_work
  say "2 passed, 0 failed"
}

main "$@"
