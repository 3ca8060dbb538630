"""The engine of a loop's operations on plain sockets and datagrams."""

from collections.abc import Coroutine
from socket import socket
from typing import Any, TypeAlias, TypeVar, final

from _typeshed import ReadableBuffer, WriteableBuffer

from .loops import LoopCore

__all__ = [
    "Datagrams",
    "accept",
    "connect",
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "sendall",
    "sendto",
]

_T = TypeVar("_T")
# None for arguments that only the standard library's method can serve.
_Asked: TypeAlias = Coroutine[Any, Any, _T] | None

def accept(event_loop: LoopCore, sock: socket, /) -> _Asked[tuple[socket, Any]]: ...
def connect(event_loop: LoopCore, sock: socket, address: Any, /) -> _Asked[None]: ...
def recv(event_loop: LoopCore, sock: socket, n: int, /) -> _Asked[bytes]: ...
def recv_into(
    event_loop: LoopCore, sock: socket, buf: WriteableBuffer, /
) -> _Asked[int]: ...
def recvfrom(
    event_loop: LoopCore, sock: socket, bufsize: int, /
) -> _Asked[tuple[bytes, Any]]: ...
def recvfrom_into(
    event_loop: LoopCore, sock: socket, buf: WriteableBuffer, nbytes: int, /
) -> _Asked[tuple[int, Any]]: ...
def sendall(
    event_loop: LoopCore, sock: socket, data: ReadableBuffer, /
) -> _Asked[None]: ...
def sendto(
    event_loop: LoopCore, sock: socket, data: ReadableBuffer, address: Any, /
) -> _Asked[int]: ...

@final
class Datagrams:
    """The engine of one datagram transport."""

    @staticmethod
    def of(sock: Any, connected: bool, /) -> Datagrams | None: ...
    def send(self, data: Any, addr: Any, /) -> bool: ...
    def read_ready(self, transport: Any, /) -> None: ...
