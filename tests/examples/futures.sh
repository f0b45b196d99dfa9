#!/usr/bin/env bash
# examples/futures: one result is there, the other is thrown.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/futures"
wait_end 20
((status == 0)) || fail "exit code $status"
expected='system: Linux
command "echo no luck >&2; exit 3" exited with code 3: no luck'
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
