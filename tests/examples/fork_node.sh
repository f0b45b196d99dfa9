#!/usr/bin/env bash
# examples/fork_node with real Node as the child: it serves on the socket it is given, and sees what each serialization
# carries.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

# expect WHAT-NODE-SEES [OPTION]
expect() {
  watch "${BROOD_EXAMPLES_DIR:?}/fork_node" "${@:2}"
  wait_end 20
  ((status == 0)) || fail "exit code $status"
  local expected printed
  expected="Node: I serve
a connection: hello from Node
a connection: hello from Node
Node sees: $1
Node exited with code 0"
  printed=$(printf '%s\n' "${lines[@]}")
  [[ $printed == "$expected" ]] || fail "printed something else"
  [[ ! -s $scratch/errors ]] || fail "wrote to stderr"
  nothing_left
}

command -v node >/dev/null || { echo "node is not installed"; exit 77; }
expect "{ when: '1970-01-01T00:00:00.000Z', counts: {}, data: { type: 'Buffer', data: [ 104, 105 ] } }"
expect "{ when: 1970-01-01T00:00:00.000Z, counts: Map(1) { 'a' => 1 }, data: <Buffer 68 69> }" --advanced
