#!/usr/bin/env bash
# examples/callbacks: two commands at once, each told to its callback; which is done first is anybody's guess.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/callbacks"
wait_end 20
((status == 0)) || fail "exit code $status"
expected='cmp /etc/passwd /etc/group exited with code 1
sorted: abc'
printed=$(printf '%s\n' "${lines[@]}" | sort)
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
