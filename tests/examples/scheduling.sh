#!/usr/bin/env bash
# examples/scheduling: each rule that docs/cluster.md quotes gives connections to whom it says.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

start() {  # RULE WORKERS
  local id
  port=$(free_port)
  watch "${BROOD_EXAMPLES_DIR:?}/scheduling" "$1" --port "$port" --workers "$2"
  for ((id = 1; id <= $2; ++id)); do wait_line 30 "^worker $id listening 0\\.0\\.0\\.0:$port\$"; done
}

finish() {
  kill -TERM "$program"
  wait_end 30
  ((status == 0)) || fail "exit code $status"
  nothing_left
}

# shares COUNT: asks so often; sets `share[ID]`.
shares() {
  share=()
  local i
  for ((i = 0; i < $1; ++i)); do
    ask "$port"
    share[worker_id]=$((${share[worker_id]:-0} + 1))
  done
}

# stay: connects, asks, and keeps the connection; its descriptor is added to `stays`.
stays=()
stay() {
  local held
  exec {held}<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$held"
  stays+=("$held")
}

# leave DESCRIPTOR...
leave() {
  local held
  for held in "$@"; do exec {held}>&-; done
}

# told PATTERN: asks for the statistics until they are so; what a worker has open it reports ten times a second.
told() {
  local deadline=$((SECONDS + 30))
  while ((SECONDS < deadline)); do
    kill -USR1 "$program"
    read_line 30 || break
    [[ ${lines[-1]} =~ $1 ]] && return
  done
  fail "the statistics never told '$1'"
}

start ip-hash 4
shares 8
((${#share[@]} == 1)) || fail "one client was served by ${#share[@]} workers"
first=${!share[*]}
ask "$port"
kill -KILL "$worker_pid"
wait_line 30 '^worker 5 listening '
shares 4
((${#share[@]} == 1)) || fail "one client was served by ${#share[@]} workers"
[[ ${!share[*]} != "$first" ]] || fail "worker $first is dead"
finish

start weighted 3
shares 25
[[ ${share[*]} == '15 5 5' ]] || fail "shares by weight 3, 1, 1 of 25: ${share[*]}"
told '^\{"scheduling":"program".*"started":3,"died":0,"waiting":0,"accepted":25'
finish

# Each of the connections that stay open has a worker of its own.
start least-connections 3
shares 9
served=''
for _ in 1 2 3; do
  stay
  while read -r -t 10 -u "${stays[-1]}" text; do
    [[ $text =~ ^'hello from worker '([0-9]+) ]] && served+="${BASH_REMATCH[1]} " && break
  done
done
[[ $(tr ' ' '\n' <<<"$served" | sort -u | grep -c .) == 3 ]] || fail "three open connections went to workers $served"
leave "${stays[@]}"
finish

# Of three clients that stay, the third is served when one of the others leaves.
start queue 1
stays=()
for _ in 1 2 3; do stay; done
for n in 0 1; do
  read -r -t 10 -u "${stays[n]}" text || fail "client $n was not served"
done
told '"waiting":1,"accepted":2,"open":2'
leave "${stays[0]}"
read -r -t 10 -u "${stays[2]}" text || fail 'the third client was not served when there was room'
leave "${stays[1]}" "${stays[2]}"
finish
