#!/usr/bin/env python3
"""A peer that means no good: hostile.py ATTACK json|advanced [PROGRAM].

Without a program it is the child of a channel, and attacks its parent. With one it starts that as its child, attacks
it, and prints the code it ended with, negative for a signal.
"""
import array
import os
import signal
import socket
import subprocess
import sys


def frame(content, form):
    return content + b"\n" if form == "json" else len(content).to_bytes(4, "big") + content


def message(form):
    return frame(b'"x"' if form == "json" else b'\xff\x0f"\x01x', form)


def acknowledgement(form):
    text = b"NODE_HANDLE_ACK"
    in_json = b'{"cmd":"' + text + b'"}'
    return frame(in_json if form == "json" else b'\xff\x0fo"\x03cmd"\x0f' + text + b"{\x01", form)


def until_the_end(peer):
    while peer.recv(65536):
        pass


def garbage(peer, form):
    peer.sendall(frame(b"\x00\xff{{{ nothing of this is a message", form))
    until_the_end(peer)


def half_a_frame(peer, form):
    peer.sendall(message(form) + message(form)[:-2])


def endless_frame(peer, form):
    if form == "advanced":
        peer.sendall((400 << 20).to_bytes(4, "big"))
    for _ in range(64):
        peer.sendall(b"1" * (1 << 20))
    until_the_end(peer)


def huge_length(peer, form):
    peer.sendall(b"\xff\xff\xff\xff" if form == "advanced" else b"9" * 100_000 + b"x\n")
    until_the_end(peer)


def depth_bomb(peer, form):
    levels = 1_000_000
    peer.sendall(frame(b"[" * levels if form == "json" else b"\xff\x0f" + b"A\x01" * levels, form))
    until_the_end(peer)


def descriptors(peer, form):
    null = os.open("/dev/null", os.O_RDONLY)
    many = array.array("i", [null] * 100)
    for _ in range(200):
        peer.sendmsg([message(form)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, many)])


def surplus_acknowledgements(peer, form):
    peer.sendall(acknowledgement(form) * 100)
    until_the_end(peer)


def never_acknowledging(peer, form):
    peer.sendall(message(form))
    until_the_end(peer)


def never_reading(peer, form):
    peer.sendall(message(form))
    signal.pause()


def standing_still(peer, form):
    peer.sendall(message(form))
    os.kill(os.getpid(), signal.SIGSTOP)


ATTACKS = {
    attack.__name__: attack
    for attack in (garbage, half_a_frame, endless_frame, huge_length, depth_bomb, descriptors,
                   surplus_acknowledgements, never_acknowledging, never_reading, standing_still)
}


def main():
    attack, form, *program = sys.argv[1:]
    if not program:
        try:
            ATTACKS[attack](socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"])), form)
        except OSError:  # it has closed the channel while we were at it
            pass
        return
    ours, theirs = socket.socketpair()
    environment = dict(os.environ, NODE_CHANNEL_FD=str(theirs.fileno()), NODE_CHANNEL_SERIALIZATION_MODE=form)
    child = subprocess.Popen(program, pass_fds=[theirs.fileno()], env=environment)
    theirs.close()
    try:
        ATTACKS[attack](ours, form)
    except OSError:
        pass
    ours.close()
    print(child.wait())


main()
