#!/usr/bin/env bash
# examples/cancellation: the wait ends first, then the process.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/cancellation"
wait_end 20
((status == 0)) || fail "exit code $status"
expected='working
Operation canceled
the command was killed by SIGTERM'
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
