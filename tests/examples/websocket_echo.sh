#!/usr/bin/env bash
# examples/websocket_echo: messages come back through either worker, the first one even if it comes with the handshake.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"
command -v python3 >/dev/null || exit 77

watch "${BROOD_EXAMPLES_DIR:?}/websocket_echo" --port 0 --workers 2
wait_line 20 '^worker 1 listening .*:([0-9]+)$'
port=${BASH_REMATCH[1]}
wait_line 20 '^worker 2 listening '

python3 - "$port" <<'PYTHON' || fail "the client is not content"
import base64, hashlib, os, socket, sys

port = int(sys.argv[1])


def frame(opcode, data):
    mask = os.urandom(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def received(stream):
    """A message, in however many frames it comes."""
    kind, data, last = 0, b"", False
    while not last:
        first, size = stream.read(2)
        size = int.from_bytes(stream.read(2), "big") if size == 126 else size
        kind, last = kind or first & 15, bool(first & 0x80)
        data += stream.read(size)
    return kind, data


def head_of(stream):
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line.decode().strip())
    return lines


for message in (b"hello", "sch\u00f6n".encode(), b"x" * 5000, b""):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        stream = connection.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            (f"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode() + frame(1, message))
        head = head_of(stream)
        assert head[0].startswith("HTTP/1.1 101 "), head
        proof = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert f"Sec-WebSocket-Accept: {proof.decode()}" in head, head
        assert received(stream) == (1, message)
        connection.sendall(frame(2, message * 2))
        assert received(stream) == (2, message * 2)
        connection.sendall(frame(8, (1000).to_bytes(2, "big")))
        assert received(stream)[0] == 8
        assert stream.read() == b""

with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
    connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert head_of(connection.makefile("rb"))[0] == "HTTP/1.1 426 Upgrade Required"
PYTHON
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
