#!/usr/bin/env bash
# examples/static_server, asked by curl.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"
command -v curl >/dev/null || exit 77

root=$scratch/root
mkdir -p "$root/sub"
seq 1 300000 >"$root/numbers.txt"
echo '<title>here</title>' >"$root/sub/index.html"
echo secret >"$scratch/secret"

watch "${BROOD_EXAMPLES_DIR:?}/static_server" --root "$root" --port 0 --workers 2
wait_line 20 '^worker 1 listening .*:([0-9]+)$'
site=http://127.0.0.1:${BASH_REMATCH[1]}
wait_line 20 '^worker 2 listening '

# fetch STATUS ARGUMENT...: what curl gets goes to $scratch/got; --path-as-is, since it would take ".." out.
fetch() {
  local wanted=$1 status
  shift
  status=$(curl --silent --show-error --max-time 20 --path-as-is --output "$scratch/got" --write-out '%{http_code}' "$@") ||
    fail "curl $* failed"
  [[ $status == "$wanted" ]] || fail "curl $* got $status instead of $wanted"
}

fetch 200 "$site/numbers.txt"
cmp -s "$scratch/got" "$root/numbers.txt" || fail "the file is not what came"
fetch 206 --range 1000000-1999999 "$site/numbers.txt"
cmp -s "$scratch/got" <(tail -c +1000001 "$root/numbers.txt" | head -c 1000000) || fail "the range is not what came"
fetch 206 --range -10 "$site/numbers.txt"
cmp -s "$scratch/got" <(tail -c 10 "$root/numbers.txt") || fail "the end is not what came"
fetch 416 --range 99999999- "$site/numbers.txt"

# A download that was cut off goes on where it stopped.
head -c 500000 "$root/numbers.txt" >"$scratch/got"
fetch 206 --continue-at - "$site/numbers.txt"
cmp -s "$scratch/got" "$root/numbers.txt" || fail "the resumed file is not what came"

# The second time it is not sent again.
curl --silent --max-time 20 --etag-save "$scratch/tag" --output /dev/null "$site/numbers.txt"
fetch 304 --etag-compare "$scratch/tag" "$site/numbers.txt"

fetch 200 --location "$site/sub"
grep -q here "$scratch/got" || fail "no index"
fetch 200 --head "$site/numbers.txt"
fetch 404 "$site/../secret"
fetch 404 "$site/%2e%2e/secret"
fetch 400 "$site/..%2fsecret"
fetch 405 --request POST --data x "$site/numbers.txt"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"

kill -TERM "$program"
watch "$BROOD_EXAMPLES_DIR/static_server" --root "$scratch/none"
wait_end 20
((status == 1)) || fail "exit code $status for a root that is none"
grep -q 'cannot serve .*/none: No such file or directory' "$scratch/errors" || fail "it does not say why"
