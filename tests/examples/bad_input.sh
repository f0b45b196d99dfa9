#!/usr/bin/env bash
# What the examples say to bad input: one line which names it, an exit code that is not 0, and nothing left running.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

hello=${BROOD_EXAMPLES_DIR:?}/hello_cluster
parent=${BROOD_EXAMPLES_DIR:?}/parent

# refuses REGEX COMMAND...: its stderr is one line and matches.
refuses() {
  local pattern=$1 told
  shift
  watch "$@"
  wait_end 20
  ((status != 0)) || fail "'${*##*/}' ended with exit code 0"
  ((status < 128)) || fail "'${*##*/}' crashed: exit code $status"
  told=$(<"$scratch/errors")
  (($(wc -l <"$scratch/errors") == 1)) || fail "'${*##*/}' should write one line to stderr"
  [[ $told =~ $pattern ]] || fail "'${*##*/}' does not name '$pattern'"
  nothing_left
}

refuses '--workers.*0' "$hello" --workers 0
refuses '--workers.*-1' "$hello" --workers -1
refuses '--workers.*many' "$hello" --workers many
refuses '--port.*99999' "$hello" --port 99999
refuses '--port.*abc' "$hello" --port abc
refuses '--port.*80x' "$hello" --port 80x
refuses '--port' "$hello" --port
refuses '--nonsense' "$hello" --nonsense
refuses '--nonsense' "$parent" --nonsense
refuses '--nonsense' "${BROOD_EXAMPLES_DIR:?}/fork_node" --nonsense
refuses 'nobody to answer' "${BROOD_EXAMPLES_DIR:?}/ipc_echo"

# No node: the line says what would work instead.
mkdir "$scratch/empty"
refuses 'node.*--native' env PATH="$scratch/empty" "$parent"

# A port in use: the second must not share it, nor restart its workers for ever.
port=$(free_port)
watch "$hello" --port "$port" --workers 1
wait_line 20 "^worker 1 listening"
first=$program first_output=$output first_mark=$mark
refuses ":$port|port $port|$port.*in use" "$hello" --port "$port" --workers 2
mark=$first_mark program=$first output=$first_output
ask "$port"  # the first is none the worse for it
kill -TERM "$program"
wait_end 20
((status == 0)) || fail "exit code $status after SIGTERM"
nothing_left
