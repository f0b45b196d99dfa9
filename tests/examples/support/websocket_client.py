#!/usr/bin/env python3
"""Talks WebSocket to an echo server on this machine: websocket_client.py PORT [CA-FILE], over TLS if there is a file."""
import base64, hashlib, os, socket, ssl, sys

port = int(sys.argv[1])
context = ssl.create_default_context(cafile=sys.argv[2]) if len(sys.argv) > 2 else None


def connect():
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    return context.wrap_socket(plain, server_hostname="127.0.0.1") if context else plain


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
    with connect() as connection:
        stream = connection.makefile("rb")
        # Beast takes at most 1,536 bytes of what came with the handshake. Over TLS all that is in a record comes at once.
        early = frame(1, message) if context is None or len(message) < 1000 else b""
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            (f"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode() + early)
        head = head_of(stream)
        assert head[0].startswith("HTTP/1.1 101 "), head
        proof = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert f"Sec-WebSocket-Accept: {proof.decode()}" in head, head
        if not early:
            connection.sendall(frame(1, message))
        assert received(stream) == (1, message)
        connection.sendall(frame(2, message * 2))
        assert received(stream) == (2, message * 2)
        connection.sendall(frame(8, (1000).to_bytes(2, "big")))
        assert received(stream)[0] == 8
        assert stream.read() == b""

with connect() as connection:
    connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert head_of(connection.makefile("rb"))[0] == "HTTP/1.1 426 Upgrade Required"
