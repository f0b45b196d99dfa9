#!/usr/bin/env bash
# examples/https_server: serves with a certificate made here, says what is wrong with one, and renews it on SIGHUP.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

server=${BROOD_EXAMPLES_DIR:?}/https_server
[[ -x $server ]] || { echo "built without TLS"; exit 77; }
command -v openssl >/dev/null || { echo "needs openssl"; exit 77; }

# certificate NAME: one that vouches for itself, for this machine.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/$1.key" -out "$scratch/$1.pem" 2>"$scratch/openssl" ||
    fail "openssl req: $(<"$scratch/openssl")"
}

# gets CA: what the example's own client says when it trusts that certificate.
gets() { "$server" --get "https://127.0.0.1:$port/" --ca "$scratch/$1.pem" 2>&1; }

certificate first
certificate second
cp "$scratch/first.pem" "$scratch/cert.pem"
cp "$scratch/first.key" "$scratch/cert.key"

port=$(free_port)
watch "$server" --cert "$scratch/cert.pem" --key "$scratch/cert.key" --port "$port" --workers 2
wait_line 20 '^worker 1 listening '
wait_line 20 '^worker 2 listening '
[[ $(gets first) =~ ^200\ hello\ from\ worker\ [12]$ ]] || fail "odd answer: $(gets first)"
[[ $(gets second) == *"certificate of the peer: self-signed certificate" ]] || fail "odd error: $(gets second)"

cp "$scratch/second.pem" "$scratch/cert.pem"
cp "$scratch/second.key" "$scratch/cert.key"
kill -HUP "$program"
wait_line 20 '^reload: 2 workers replaced$'
[[ $(gets second) =~ ^200\ hello\ from\ worker\ [34]$ ]] || fail "odd answer: $(gets second)"

kill -TERM "$program"
wait_end 20
((status == 0)) || fail "exit code $status"
nothing_left
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"

watch "$server" --cert "$scratch/first.pem" --key "$scratch/second.key" --port 0
wait_end 20
((status == 1)) || fail "exit code $status with a key that does not fit"
grep -q "^https_server: https: key $scratch/second.key of another certificate than $scratch/first.pem: " "$scratch/errors" ||
  fail "does not say that the key does not fit"
