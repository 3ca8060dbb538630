"""A client that sends messages over TLS and checks what comes back.

    python -m benches.python.tls_load PORT CONNECTIONS SIZE MESSAGES

All connections have a message under way at a time, as in a server at work.
"""

from __future__ import annotations

import socket
import ssl
import sys
from pathlib import Path

CERTIFICATE = Path(__file__).parents[2] / "tests" / "localhost.pem"


def main() -> None:
    """Do what the command line says."""
    port, connections, size, messages = map(int, sys.argv[1:])
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    peers = []
    for _ in range(connections):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peers.append(context.wrap_socket(peer, server_hostname="localhost"))
    message = bytes(number & 0xFF for number in range(size))
    for _ in range(messages // connections):
        for peer in peers:
            peer.sendall(message)
        for peer in peers:
            echo = bytearray()
            while len(echo) < size:
                piece = peer.recv(size - len(echo))
                if not piece:
                    raise ConnectionError("the server has left")
                echo += piece
            if echo != message:
                raise AssertionError("another message came back")
    for peer in peers:
        peer.close()


if __name__ == "__main__":
    main()
