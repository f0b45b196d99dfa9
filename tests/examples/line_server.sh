#!/usr/bin/env bash
# examples/line_server: a reload answers every line that has come, and the workers end though clients stay connected.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/line_server" --port 0 --workers 2
wait_line 20 '^worker 1 listening .*:([0-9]+)$'
port=${BASH_REMATCH[1]}
wait_line 20 '^worker 2 listening '

exec {old}<>"/dev/tcp/127.0.0.1/$port" || fail "cannot connect"
for word in one two three; do
  printf '%s\n' "$word" >&"$old"
  read -r -t 20 -u "$old" answer || fail "no answer to $word"
  [[ $answer == "${word^^}" ]] || fail "odd answer to $word: $answer"
done

kill -HUP "$program"
wait_line 20 '^reload: 2 workers replaced'
wait_line 20 '^worker 1 exited with code 0'
wait_line 20 '^worker 2 exited with code 0'
read -r -t 20 -u "$old" answer
(($? == 1)) || fail "a worker that went did not end its connection"
exec {old}<&-

exec {new}<>"/dev/tcp/127.0.0.1/$port" || fail "cannot connect after the reload"
printf 'four\nfive\n' >&"$new"
for word in FOUR FIVE; do
  read -r -t 20 -u "$new" answer || fail "no $word"
  [[ $answer == "$word" ]] || fail "odd answer: $answer, not $word"
done

kill -TERM "$program"
wait_end 20
((status == 0)) || fail "ended with $status"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
