# Sourced by run and replay: starts the simulated model server and the sidecar, and stops both when the script ends.
#
#   data 127.0.0.1:8080 · status 127.0.0.1:9090 · admin 127.0.0.1:9901 · model server 127.0.0.1:9000
#
# DEMO_PORTS="DATA STATUS ADMIN MODEL" are others, DEMO_LOGS another folder for the logs.
# shellcheck shell=bash

demo=build/release/bin/penstock-demo
sidecar=build/release/bin/penstock-sidecar
read -r data_port status_port admin_port model_port <<<"${DEMO_PORTS:-8080 9090 9901 9000}"
# shellcheck disable=SC2034  # read by the scripts that source this
data=http://127.0.0.1:$data_port
status=http://127.0.0.1:$status_port
# shellcheck disable=SC2034
admin=http://127.0.0.1:$admin_port
upstream=http://127.0.0.1:$model_port
logs=${DEMO_LOGS:-build/release/demo}
pids=()

# Only what this script started, and once.
stop_stack() {
  trap - EXIT INT TERM
  local pid
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  for pid in "${pids[@]}"; do
    wait "$pid" 2>/dev/null || true
  done
}

# wait_for URL PID NAME: until the URL answers 2xx, or the process ends, or ten seconds are over.
wait_for() {
  local attempt
  for ((attempt = 0; attempt < 200; attempt++)); do
    if curl -fso /dev/null --max-time 1 "$1"; then
      return
    fi
    if ! kill -0 "$2" 2>/dev/null; then
      break
    fi
    sleep 0.05
  done
  echo "demo: $3 did not become ready; the end of its log ($logs/$3.log):" >&2
  tail -n 20 "$logs/$3.log" >&2
  exit 1
}

# start_stack [FLAGS OF THE MODEL SERVER...]
start_stack() {
  local program
  for program in "$demo" "$sidecar"; do
    if [[ ! -x $program ]]; then
      echo "demo: $program is missing; run: make build" >&2
      exit 1
    fi
  done
  mkdir -p "$logs/resources"
  local file
  for file in deploy/demo/resources/*.yaml; do
    sed "s/127\.0\.0\.1:9000/127.0.0.1:$model_port/" "$file" >"$logs/resources/${file##*/}"
  done
  trap stop_stack EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # In the background of a script, Ctrl-C would reach the children directly and race with stop_stack: setsid keeps them.
  setsid "$demo" model-server --listen "127.0.0.1:$model_port" "$@" >"$logs/model-server.log" 2>&1 &
  pids+=($!)
  wait_for "$upstream/simulate/counters" "${pids[0]}" model-server
  setsid "$sidecar" --resources "$logs/resources" --listen "127.0.0.1:$data_port" --status "127.0.0.1:$status_port" \
    --admin "127.0.0.1:$admin_port" >"$logs/sidecar.log" 2>&1 &
  pids+=($!)
  wait_for "$status/readyz" "${pids[1]}" sidecar
}
