#!/usr/bin/env bash
# examples/ipc_echo under a Node parent: messages in both serializations, sockets of each kind, an end on request.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

# expect ECHO [OPTION]
expect() {
  watch node "${BROOD_EXAMPLES_DIR:?}/ipc_echo.mjs" "${@:2}"
  wait_end 20
  ((status == 0)) || fail "exit code $status"
  local expected printed
  expected="echo: $1
echo: a connection
connection: pid of the child
echo: a server
server: pid of the child
echo: a datagram socket
datagram: pid of the child
disconnected, exit code 0"
  printed=$(printf '%s\n' "${lines[@]}")
  [[ $printed == "$expected" ]] || fail "printed something else"
  [[ ! -s $scratch/errors ]] || fail "wrote to stderr"
  nothing_left
}

command -v node >/dev/null || { echo "node is not installed"; exit 77; }
expect "{ text: 'café' }"
expect "Map(1) { 'when' => 1970-01-01T00:00:00.000Z }" --advanced
