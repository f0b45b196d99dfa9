# shellcheck shell=bash
# Runs one program under watch, for scripts that test the examples; to be sourced.
#
# Every wait here is for something that happens (a line of output, the end of a process) and has a deadline. The program
# and all its descendants carry a mark in their environment, so none of them can hide, whoever its parent has become.
# shellcheck disable=SC2034  # what is set here and used by the scripts

scratch=$(mktemp -d)
run=BROOD_WATCHED=$$.$RANDOM  # the mark of everything this script starts
mark=''                       # the mark of the program under watch: one more number
watched=0
program=''                    # its pid
lines=()                      # what it has printed so far
status=''                     # what it ended with

# fail REASON: tells it in one line, then what is known of the program, and ends the script.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  ((${#lines[@]})) && printf '  | %s\n' "${lines[@]}" >&2
  [[ -s $scratch/errors ]] && sed 's/^/  ! /' "$scratch/errors" >&2
  exit 1
}

# marked REGEX: the pids of the processes whose mark matches as a whole, one a line.
marked() {
  local pid
  grep -lsz "^$1\$" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do echo "$pid"; done
}

living() { marked "$mark"; }

clean_up() {
  local pid
  for pid in $(marked "$run.[0-9]*"); do kill -KILL "$pid" 2>/dev/null; done
  wait 2>/dev/null  # bash would tell of each killed one later
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# watch COMMAND...: starts it in a session of its own; sets `program`. Its stderr goes to $scratch/errors.
watch() {
  lines=()
  mark=$run.$((++watched))
  rm -f "$scratch/output"
  mkfifo "$scratch/output"
  env "$mark" setsid "$@" >"$scratch/output" 2>"$scratch/errors" </dev/null &
  program=$!
  exec {output}<"$scratch/output"
}

# wait_line SECONDS REGEX: until a line matches, one of those printed before included; sets `line` and BASH_REMATCH.
wait_line() {
  local deadline=$((SECONDS + $1)) pattern=$2 seen=0
  while true; do
    for (( ; seen < ${#lines[@]}; ++seen)); do
      line=${lines[seen]}
      [[ $line =~ $pattern ]] && return
    done
    read_line $((deadline - SECONDS)) || case $? in
      1) fail "ended without the line '$pattern'" ;;
      *) fail "no line '$pattern' within $1 s" ;;
    esac
  done
}

# read_line SECONDS: the next line goes to `lines`; 1 at the end of the output, more when time is up.
read_line() {
  local next
  (($1 > 0)) || return 142
  read -r -t "$1" -u "$output" next || return $?
  lines+=("$next")
}

# wait_end SECONDS: until nobody can write to the output any more and the program has ended; sets `status`.
wait_end() {
  local deadline=$((SECONDS + $1)) result=0
  while true; do
    read_line $((deadline - SECONDS)) || { result=$?; break; }
  done
  ((result == 1)) || fail "still running $1 s later (pids: $(living | tr '\n' ' '))"
  exec {output}<&-
  timeout "$1" tail --pid="$program" -s 0.02 -f /dev/null || fail "closed its output, yet runs on"
  status=0
  wait "$program" || status=$?
}

nothing_left() {
  local pids
  pids=$(living | tr '\n' ' ')
  [[ -z $pids ]] || fail "processes are left: $pids"
}

# A port below the range the kernel takes the ports of outgoing connections from, so that no client can be on it.
free_port() {
  local lowest candidate
  read -r lowest _ </proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || lowest=32768
  ((lowest > 12000)) || lowest=12000
  for _ in {1..100}; do
    candidate=$((10000 + RANDOM % (lowest - 10000)))
    port_is_taken "$candidate" || { echo "$candidate"; return; }
  done
  fail "no free port found"
}

port_is_taken() {
  local hex
  printf -v hex ':%04X ' "$1"
  grep -qs "^ *[0-9]*: [0-9A-F]*$hex" /proc/net/tcp /proc/net/tcp6
}

# ask PORT: one request on a connection of its own; sets `worker_id` and `worker_pid` from the answer.
ask() {
  local answer
  answer=$(
    exec {connection}<>"/dev/tcp/127.0.0.1/$1" &&
      printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$connection" &&
      timeout 10 cat <&"$connection"
  ) 2>/dev/null || fail "no answer on port $1"
  [[ $answer =~ ^HTTP/1\.1\ 200\ .*'hello from worker '([0-9]+)' pid '([0-9]+)$ ]] || fail "odd answer: ${answer@Q}"
  worker_id=${BASH_REMATCH[1]}
  worker_pid=${BASH_REMATCH[2]}
}
