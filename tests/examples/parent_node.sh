#!/usr/bin/env bash
# examples/parent with real Node as the child: the same two lines as with the C++ one.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

command -v node >/dev/null || { echo "node is not installed"; exit 77; }
watch "${BROOD_EXAMPLES_DIR:?}/parent"
wait_end 20
((status == 0)) || fail "exit code $status"
expected='Data received from child process: Data received from parent: hi
Child process finished with exit code: 0'
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
