"""A port that is free for TCP and UDP, below the range the kernel takes the ports of outgoing connections from.

A port from inside that range could be taken by one of the load generator's own connections before its server binds it.
"""

import random
import socket


def _first_outgoing_port():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            return int(file.read().split()[0])
    except OSError:
        return 32768


def free_port():
    highest = max(_first_outgoing_port(), 12000)
    for port in random.sample(range(10000, highest), 200):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tcp.bind(("0.0.0.0", port))
                udp.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue
    raise OSError("no port found that is free for TCP and UDP")
