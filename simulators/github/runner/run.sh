#!/bin/sh
# Stands in for the runner's run.sh. Link it into the folder that is to be the runner's: its files are written there.
# MAC_SIM_NODE names the Node to use; otherwise the one that this project installs.
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
here=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
node=${MAC_SIM_NODE:-$here/../../../node_modules/.bin/node}

# A signal goes on to the listener, which then ends by itself.
listener=
trap '[ -n "$listener" ] && kill -TERM "$listener"' TERM
trap '[ -n "$listener" ] && kill -INT "$listener"' INT

while :; do
  RUNNER_SIM_ROOT=$root "$node" "$here/listener.ts" Runner.Listener run "$@" &
  listener=$!
  wait "$listener"
  status=$?
  # A trapped signal ends the wait, not the listener.
  while [ "$status" -gt 128 ] && kill -0 "$listener" 2>/dev/null; do
    wait "$listener"
    status=$?
  done
  case $status in
    0) echo "Runner listener exit with 0 return code, stop the service, no retry needed." ;;
    1) echo "Runner listener exit with terminated error, stop the service, no retry needed." ;;
    2)
      echo "Runner listener exit with retryable error, re-launch runner in 5 seconds."
      sleep 5
      echo "Restarting runner..."
      continue
      ;;
    5) echo "Runner listener exit with Session Conflict error, stop the service, no retry needed." ;;
    *) echo "Exiting with unknown error code: $status" ;;
  esac
  # Whatever happened, the real one ends with 0 as well.
  echo "Exiting runner..."
  exit 0
done
