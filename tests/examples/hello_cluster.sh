#!/usr/bin/env bash
# examples/hello_cluster: all workers answer, a killed one is replaced, and each way to stop it leaves nothing behind.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

workers=3

start() {
  port=$(free_port)
  watch "${BROOD_EXAMPLES_DIR:?}/hello_cluster" --port "$port" --workers "$workers"
  for ((id = 1; id <= workers; ++id)); do
    wait_line 20 "^worker $id forked\$"
    wait_line 20 "^worker $id online\$"
    wait_line 20 "^worker $id listening 0\.0\.0\.0:$port\$"
  done
}

# all_answer ID...: asks until each of them has answered.
all_answer() {
  local missing=" $* "
  for _ in {1..200}; do
    ask "$port"
    missing=${missing/ $worker_id / }
    [[ $missing == ' ' ]] && return
  done
  fail "of 200 requests none was answered by worker$missing"
}

# stopped ID...: it has ended well, and each of the workers has too.
stopped() {
  wait_end 20
  ((status == 0)) || fail "exit code $status"
  nothing_left
  for id in "$@"; do
    printf '%s\n' "${lines[@]}" | grep -qx "worker $id exited with code 0" || fail "worker $id did not exit with code 0"
  done
}

quiet() { [[ ! -s $scratch/errors ]] || fail "wrote to stderr"; }

a_killed_worker_is_replaced() {
  ask "$port"
  kill -KILL "$worker_pid"
  local killed=$worker_id
  wait_line 20 "^worker $killed killed by SIGKILL\$"
  wait_line 20 "^worker 4 forked\$"
  wait_line 20 "^worker 4 listening 0\.0\.0\.0:$port\$"
  survivors=()
  for id in 1 2 3 4; do ((id == killed)) || survivors+=("$id"); done
  all_answer "${survivors[@]}"
}

start
all_answer 1 2 3
a_killed_worker_is_replaced
kill -TERM "$program"
stopped "${survivors[@]}"

start
kill -INT "$program"
stopped 1 2 3
quiet

# Ctrl-C in a terminal reaches the workers too, and the primary must still be the one that stops them.
start
kill -INT -- "-$program"
stopped 1 2 3
quiet

# Other workers in place of these, and none had to be killed.
start
kill -HUP "$program"
wait_line 20 '^reload: 3 workers replaced$'
all_answer 4 5 6
kill -TERM "$program"
stopped 1 2 3 4 5 6
quiet

for scheduling in round_robin shared kernel_least_loaded; do
  port=$(free_port)
  watch "$BROOD_EXAMPLES_DIR/hello_cluster" --port "$port" --workers 2 --scheduling "$scheduling"
  wait_line 20 '^worker 1 listening '
  wait_line 20 '^worker 2 listening '
  ask "$port"
  kill -TERM "$program"
  stopped 1 2
done

# Some workers are not there yet, some ask for the port just now: none may be forgotten, or have to be killed.
for _ in {1..5}; do
  port=$(free_port)
  watch "$BROOD_EXAMPLES_DIR/hello_cluster" --port "$port" --workers "$workers"
  wait_line 20 "^worker 1 online\$"
  kill -TERM "$program"
  stopped
  [[ "${lines[*]}" != *killed* ]] || fail "stopped while it started, it had to kill a worker"
  quiet
done
