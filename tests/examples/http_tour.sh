#!/usr/bin/env bash
# examples/http_tour, which docs/http.md quotes: each piece answers as the page says.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/http_tour"
wait_end 30
((status == 0)) || fail "exit code $status"
expected="200 text/plain hello
by path: 404 there is no /nothing
application/json {\"path\":\"/two words\",\"words\":[\"café\",\"1 + 1\"],\"limit\":\"10\"}
later: 200 you asked for /1
coroutine: 200 you asked for /2
count down: 200 lift off
upload: 200 5000000 bytes"
[[ "$(printf '%s\n' "${lines[@]}")" == "$expected" ]] || fail "it should have printed:"$'\n'"$expected"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
