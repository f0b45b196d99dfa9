#!/usr/bin/env bash
# examples/node_cluster: unmodified Node workers answer, are all replaced on SIGHUP, and leave nothing behind.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"
command -v node >/dev/null || { echo "needs node"; exit 77; }

port=$(free_port)
watch "${BROOD_EXAMPLES_DIR:?}/node_cluster" --workers 2 "${BROOD_SOURCE_DIR:?}/bench/peers/cluster.js" "$port"
for id in 1 2; do wait_line 30 "^worker $id listening 0\\.0\\.0\\.0:$port\$"; done
ask "$port"
kill -HUP "$program"
wait_line 30 '^reload: 2 workers replaced$'
ask "$port"
((worker_id > 2)) || fail "worker $worker_id still answers"
kill -TERM "$program"
wait_end 30
((status == 0)) || fail "exit code $status"
nothing_left
