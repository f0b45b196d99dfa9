#!/usr/bin/env bash
# examples/websocket_echo: messages come back through either worker, the first one even if it comes with the handshake.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"
command -v python3 >/dev/null || exit 77

watch "${BROOD_EXAMPLES_DIR:?}/websocket_echo" --port 0 --workers 2
wait_line 20 '^worker 1 listening .*:([0-9]+)$'
port=${BASH_REMATCH[1]}
wait_line 20 '^worker 2 listening '

python3 "$(dirname "${BASH_SOURCE[0]}")/support/websocket_client.py" "$port" || fail "the client is not content"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
