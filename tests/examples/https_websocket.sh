#!/usr/bin/env bash
# examples/https_websocket: messages come back over TLS, the first one even if it comes with the handshake.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

server=${BROOD_EXAMPLES_DIR:?}/https_websocket
[[ -x $server ]] || { echo "built without TLS"; exit 77; }
command -v openssl >/dev/null || { echo "needs openssl"; exit 77; }
command -v python3 >/dev/null || exit 77

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=here" \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>"$scratch/openssl" ||
  fail "openssl req: $(<"$scratch/openssl")"
watch "$server" --cert "$scratch/cert.pem" --key "$scratch/key.pem" --port 0
wait_line 20 '^listening ([0-9]+)$'
port=${BASH_REMATCH[1]}
python3 "$(dirname "${BASH_SOURCE[0]}")/support/websocket_client.py" "$port" "$scratch/cert.pem" ||
  fail "the client is not content"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
