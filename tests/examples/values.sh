#!/usr/bin/env bash
# examples/values with real Node: what JSON cannot hold, there and back.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

command -v node >/dev/null || { echo "node is not installed"; exit 77; }
watch "${BROOD_EXAMPLES_DIR:?}/values"
wait_end 20
((status == 0)) || fail "exit code $status"
expected="Node says: <ref *1> { '7': 'café', list: [ [Circular *1], <Buffer 68 69> ] }
the epoch at 0
a second later at 1000"
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
