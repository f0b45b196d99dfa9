#!/usr/bin/env bash
# demo_check.sh HELLO_CLUSTER: the demo under load, with one worker killed, told in a few lines.
# Needs wrk. Ends with 1 and a reason of one line when any step fails; nothing is left running either way.
set -u
# shellcheck source=../tests/examples/support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tests/examples/support/watched.sh"

connections=64
load_seconds=3
sample=2000
workers=$(nproc)
((workers >= 2)) || workers=2  # one is killed, another must carry on

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# take_ticks PID: sets `ticks` to the CPU time it has used, in 1/100 s.
take_ticks() {
  local stat fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || fail "worker process $1 has gone"
  read -ra fields <<<"${stat##*) }"
  ticks=$((fields[11] + fields[12]))
}

start() {
  port=$(free_port)
  watch "$exe" --port "$port" --workers "$workers"
  for ((id = 1; id <= workers; ++id)); do
    wait_line 20 "^worker $id listening .*:$port\$"
  done
  echo "started        $workers workers on port $port"
}

start_load() {
  env "$mark" timeout 60 wrk -t1 -c"$connections" -d"${load_seconds}s" "http://127.0.0.1:$port/" >"$scratch/wrk" 2>&1 &
  load=$!
}

# Its own CPU time is what proves that the worker is under load.
kill_one_under_load() {
  local before deadline=$((SECONDS + 15))
  ask "$port"
  killed=$worker_id
  take_ticks "$worker_pid"
  before=$ticks
  start_load
  while ((ticks < before + 5)); do
    ((SECONDS < deadline)) || fail "worker $killed gets no load"
    sleep 0.02
    take_ticks "$worker_pid"
  done
  killed_at=$(now_ms)
  kill -KILL "$worker_pid"
}

await_successor() {
  wait_line 10 "^worker $killed killed by SIGKILL"
  wait_line 20 "^worker $((workers + 1)) listening .*:$port\$"
  echo "killed         worker $killed under load; worker $((workers + 1)) listened $(($(now_ms) - killed_at)) ms later"
}

# The connections the killed worker was serving are lost with it; nothing else may be.
judge_load() {
  local status=0 told rate read=0 write=0
  wait "$load" || status=$?
  told=$(<"$scratch/wrk")
  ((status == 0)) || fail "wrk ended with $status: ${told//$'\n'/ }"
  [[ $told =~ Requests/sec:\ +([0-9.]+) ]] || fail "wrk told no rate: ${told//$'\n'/ }"
  rate=${BASH_REMATCH[1]}
  [[ $rate != 0.00 ]] || fail "no request was answered"
  [[ ! $told =~ 'Non-2xx or 3xx responses: '([0-9]+) ]] || fail "${BASH_REMATCH[1]} answers were not 200"
  if [[ $told =~ 'Socket errors: connect '([0-9]+)', read '([0-9]+)', write '([0-9]+)', timeout '([0-9]+) ]]; then
    read=${BASH_REMATCH[2]} write=${BASH_REMATCH[3]}
    ((BASH_REMATCH[1] == 0)) || fail "${BASH_REMATCH[1]} connections were refused"
    ((BASH_REMATCH[4] == 0)) || fail "${BASH_REMATCH[4]} requests timed out"
  fi
  ((read + write <= connections)) || fail "$((read + write)) connections broke, of $connections"
  echo "requests/s     $rate (wrk, $connections connections, $load_seconds s, keep-alive)"
  echo "errors         $((read + write)) connections broke, those of the killed worker; no refusal, no timeout"
}

# Who answers, when each request comes on a connection of its own.
take_shares() {
  local id count
  cat >"$scratch/shares.lua" <<'LUA'
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() counts, seen, wanted = {}, 0, tonumber(os.getenv("SAMPLE")) end
function response(status, headers, body)
  local id = body:match("hello from worker (%d+)")
  if not id or seen == wanted then return end
  counts[id] = (counts[id] or 0) + 1
  seen = seen + 1
  if seen == wanted then wrk.thread:stop() end
end
function done()
  for _, thread in ipairs(threads) do
    for id, count in pairs(thread:get("counts")) do print("share " .. id .. " " .. count) end
  end
end
LUA
  env "$mark" SAMPLE=$sample timeout 60 wrk -t1 -c8 -d30s -H 'Connection: close' -s "$scratch/shares.lua" \
    "http://127.0.0.1:$port/" >"$scratch/shares" 2>&1 || fail "wrk: $(tr '\n' ' ' <"$scratch/shares")"
  echo "shares         of $sample connections with one request each"
  local sum=0 most=0 least=$sample
  for ((id = 1; id <= workers + 1; ++id)); do
    ((id == killed)) && continue
    count=$(awk -v id="$id" '$1 == "share" && $2 == id {print $3}' "$scratch/shares")
    [[ -n $count ]] || fail "worker $id answered none of $sample requests"
    printf '               worker %-4d %5d  %5.1f %%\n' "$id" "$count" "$((count * 1000 / sample))e-1"
    ((sum += count, most = count > most ? count : most, least = count < least ? count : least))
  done
  ((sum == sample)) || fail "only $sum of $sample requests were answered by a worker"
  printf '               most / least %d.%03d\n' $((most / least)) $((most * 1000 / least % 1000))
}

stop() {
  kill -TERM "$program"
  wait_end 20
  ((status == 0)) || fail "exit code $status after SIGTERM"
  nothing_left
  echo "stopped        exit code 0, no process left"
}

exe=${1:-}
(($# == 1)) || fail "usage: demo_check.sh HELLO_CLUSTER"
[[ -x $exe ]] || fail "no program at $exe"
command -v wrk >/dev/null || fail "wrk is not installed"

start
kill_one_under_load
await_successor
judge_load
take_shares
stop
