#!/usr/bin/env bash
# examples/messages: every block of docs/channel.md does what the page says.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/messages"
wait_end 30
((status == 0)) || fail "exit code $status"
expected='the child says {"question":"how many?","list":[1,2,3]}
closed
a set of 2
the sum is 42
the child has it
hello from the child
1000 messages there and back
the child cannot: no such request
a coroutine read {"n":1}'
# Whether the child or the client comes first with what it has to tell, nobody can say.
[[ $(printf '%s\n' "${lines[@]}" | sort) == "$(sort <<<"$expected")" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
