#!/usr/bin/env bash
# examples/processes, which docs/child_process.md quotes: each section prints what the page says.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/processes"
wait_end 30
((status == 0)) || fail "exit code $status"
expected="-- flowing
8
9
10
sort exited with code 0
-- reading
first line
-- reading lines
a line: one
a line: two
a line: last
-- feeding
5000000
-- joining
1 apple
2 pear
-- at a terminal
50 132
-- collecting
out
oops
exited with code 3
command \"sh -c 'echo out; echo oops >&2; exit 3'\" exited with code 3: oops
-- collecting much
10000 bytes here, all of it in a file
-- quoting
21
it's a file; rm -rf /
-- ending
killed by SIGKILL
-- ending all
3 killed
none found that is left
only a cgroup proves that none is left
-- failing
spawn: cannot change directory to /no/such/project: No such file or directory
-- without holding up the loop
it runs
exited with code 0"
printed=$(printf '%s\n' "${lines[@]}" | tr -d '\r')
[[ $printed == "$expected" ]] || fail "printed something else: $(diff <(echo "$expected") <(echo "$printed"))"
nothing_left
