"""Datagram transports.

Promise: the running Python's own transport (states, limits, errors, what is buffered
and what is refused), in which the usual datagram takes the short way: received and sent
by the engine, without an exception for a socket that is empty and without a buffer of
256 KiB for each message.
"""

from __future__ import annotations

import asyncio.selector_events as _selector_events
import asyncio.transports as _transports

from ropewalk import _ropewalk
from ropewalk._asyncio import _stdlib_transports as _learned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_Standard: Any = _selector_events._SelectorDatagramTransport  # type: ignore[attr-defined]
_Datagrams = _ropewalk.asyncio.sock.Datagrams
_bases: tuple[Any, ...] = (_Standard,)
if not issubclass(_Standard, _transports.DatagramTransport):
    # Python 3.11's is none.
    _bases += (_transports.DatagramTransport,)


class _SelectorDatagramTransport(*_bases):  # type: ignore[misc]
    """The standard library's transport, by its own name."""

    def __init__(
        self,
        loop: Any,
        sock: Any,
        protocol: Any,
        address: Any = None,
        waiter: Any = None,
        extra: Any = None,
    ) -> None:
        self._engine = None
        super().__init__(loop, sock, protocol, address, waiter, extra)
        connected = bool(self._extra["peername"])
        self._engine = _Datagrams.of(sock, connected)
        # With one address for all, and no connection, each call has to be looked at.
        self._sends = None if address and not connected else self._engine

    def _read_ready(self) -> None:
        if self._engine is None:
            super()._read_ready()
        elif not self._conn_lost:
            self._engine.read_ready(self)

    def sendto(self, data: Any, addr: Any = None) -> None:
        """Send a datagram, now or as soon as the socket takes it."""
        if self._sends is not None and not self._buffer and not self._conn_lost:
            try:
                if self._sends.send(data, addr):
                    return
            except OSError as error:
                self._protocol.error_received(error)
                return
        super().sendto(data, addr)

    def _call_connection_lost(self, exc: Any) -> None:
        try:
            super()._call_connection_lost(exc)
        finally:
            self._engine = self._sends = None


class DatagramEndpoints:
    """The part of a loop that makes datagram transports."""

    _ensure_fd_no_transport: Any

    def _make_datagram_transport(
        self,
        sock: Any,
        protocol: Any,
        address: Any = None,
        waiter: Any = None,
        extra: Any = None,
    ) -> Any:
        if _learned.DATAGRAMS_ARE_CHECKED:
            self._ensure_fd_no_transport(sock)
        return _SelectorDatagramTransport(self, sock, protocol, address, waiter, extra)
