"""A loop's operations on sockets that the program made itself.

Promise: the same methods, arguments and exceptions as the running Python's. A real
socket with usual arguments is served by the engine: the system call first, the loop
only if the kernel would have to wait. Everything else (debug mode with its checks, TLS,
mocks, host names that need a look-up) is the standard library's method, called with
what was given.
"""

from __future__ import annotations

import asyncio.base_events as _base_events
import asyncio.selector_events as _selector_events
import socket as _socket

from ropewalk import _ropewalk
from ropewalk._asyncio._coroutines import native_coroutine, short_cut_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The methods for whatever the engine does not serve.
_standard: Any = _selector_events.BaseSelectorEventLoop

_sock: Any = _ropewalk.asyncio.sock
_accept = _sock.accept
_connect = _sock.connect
_recv = _sock.recv
_recv_into = _sock.recv_into
_recvfrom = _sock.recvfrom
_recvfrom_into = _sock.recvfrom_into
_sendall = _sock.sendall
_sendto = _sock.sendto
_INTERNET = (_socket.AF_INET, getattr(_socket, "AF_INET6", None))


class SocketOperations:
    """The part of a loop that works on sockets, before the standard library's."""

    @short_cut_to(_recv)
    def sock_recv(self, sock: Any, n: int) -> Any:
        """Receive data from the socket."""
        return _recv(self, sock, n) or _standard.sock_recv(self, sock, n)

    @short_cut_to(_recv_into)
    def sock_recv_into(self, sock: Any, buf: Any) -> Any:
        """Receive data from the socket into `buf`; return how much."""
        return _recv_into(self, sock, buf) or _standard.sock_recv_into(self, sock, buf)

    @short_cut_to(_recvfrom)
    def sock_recvfrom(self, sock: Any, bufsize: int) -> Any:
        """Receive a message; return it, and the address that it came from."""
        return _recvfrom(self, sock, bufsize) or _standard.sock_recvfrom(
            self, sock, bufsize
        )

    @short_cut_to(_recvfrom_into)
    def sock_recvfrom_into(self, sock: Any, buf: Any, nbytes: int = 0) -> Any:
        """Receive a message into `buf`; return its size, and where it came from."""
        asked = _recvfrom_into(self, sock, buf, nbytes)
        return asked or _standard.sock_recvfrom_into(self, sock, buf, nbytes)

    @short_cut_to(_sendall)
    def sock_sendall(self, sock: Any, data: Any) -> Any:
        """Send all of `data` to the socket."""
        return _sendall(self, sock, data) or _standard.sock_sendall(self, sock, data)

    @short_cut_to(_sendto)
    def sock_sendto(self, sock: Any, data: Any, address: Any) -> Any:
        """Send `data` as one message to `address`; return how much was sent."""
        asked = _sendto(self, sock, data, address)
        return asked or _standard.sock_sendto(self, sock, data, address)

    @short_cut_to(_accept)
    def sock_accept(self, sock: Any) -> Any:
        """Accept a connection; return its socket, and the other end's address."""
        return _accept(self, sock) or _standard.sock_accept(self, sock)

    @native_coroutine
    def sock_connect(self, sock: Any, address: Any) -> Any:
        """Connect to a remote socket at `address`."""
        resolved = _without_look_up(sock, address)
        asked = None if resolved is None else _connect(self, sock, resolved)
        return asked or _standard.sock_connect(self, sock, address)


def _without_look_up(sock: Any, address: Any) -> Any:
    """Return the address as `connect` takes it; None if a host has to be looked up."""
    try:
        family = sock.family
        if family not in _INTERNET:
            return address
        host, port = address[:2]
        found = _base_events._ipaddr_info(  # type: ignore[attr-defined]
            host, port, family, sock.type, sock.proto, *address[2:]
        )
    except Exception:
        # The standard library's method will say what is wrong, when it is awaited.
        return None
    return None if found is None else found[4]
