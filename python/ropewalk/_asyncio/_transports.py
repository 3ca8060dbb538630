"""The transports of sockets and pipes.

Each is the running Python's own transport, with what every message goes through
(reading, writing, the buffer) in a native core. What happens once in a connection's
life, or when something fails, is the inherited code, which sees the core's state under
the names that it knows.
"""

from __future__ import annotations

import socket
import sys
from asyncio import (
    base_events,
    constants,
    protocols,
    selector_events,
    unix_events,
)
from types import FunctionType

from ropewalk._asyncio import _stdlib_transports as _learned
from ropewalk._asyncio import sslproto
from ropewalk._asyncio._handles import in_context
from ropewalk._ropewalk.asyncio.transports import Noticing, StreamCore, use_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, AbstractServer, BaseProtocol, Future
    from collections.abc import Iterable
    from ssl import SSLContext
    from typing import Any

    from typing_extensions import Buffer

_stdlib: Any = selector_events
_stdlib_pipes: Any = unix_events
_StdSocketTransport: Any = _stdlib._SelectorSocketTransport


def _in_core(name: str) -> property:
    """Return an attribute that is kept in the core."""

    def get(self: Any) -> Any:
        return getattr(self._core, name)

    def put(self: Any, value: Any) -> None:
        setattr(self._core, name, value)

    return property(get, put)


def _bound_in_core(name: str) -> property:
    """Return a method of the core as an attribute that cannot be replaced.

    The inherited code assigns to some of them; what it means is what the core does.
    """
    return property(lambda self: getattr(self._core, name), lambda self, value: None)


class _Stream:
    """What the transports of sockets and pipes have in common."""

    _core: StreamCore
    _fatal_error: Any

    _protocol = _in_core("_protocol")
    _read_ready = _bound_in_core("read_ready")

    def _report_fatal(self, error: BaseException, message: str) -> None:
        try:
            raise error
        except BaseException as exc:
            # The log shows the exception that is being handled.
            self._fatal_error(exc, message)


class _Writer(_Stream):
    """What the transports have in common that one can write to."""

    _conn_lost = _in_core("_conn_lost")
    _write_ready = _bound_in_core("write_ready")
    _low_water: int
    _high_water: int

    # The core is what waits to be written: it has a length, and can be cleared.
    _buffer = property(lambda self: self._core, lambda self, value: self._core.clear())

    def get_write_buffer_size(self) -> int:
        """Return the current size of the write buffer."""
        return len(self._core)

    def _set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        super()._set_write_buffer_limits(high=high, low=low)  # type: ignore[misc]
        self._core.set_limits(
            int(min(self._low_water, sys.maxsize)),
            int(min(self._high_water, sys.maxsize)),
        )


class _SelectorSocketTransport(
    _Writer,
    Noticing,
    _stdlib._SelectorSocketTransport,  # type: ignore[misc]
):
    """A transport over a stream socket."""

    _closing = _in_core("_is_closing")
    _eof = _in_core("_eof")
    _empty_waiter = _in_core("_empty_waiter")

    def __init__(
        self,
        loop: AbstractEventLoop,
        sock: socket.socket,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        extra: dict[str, Any] | None = None,
        server: AbstractServer | None = None,
        context: Any = None,
    ) -> None:
        self._core = core = StreamCore(self, True)
        self.write = core.write  # type: ignore[method-assign]
        more = in_context(context)
        super().__init__(loop, sock, protocol, waiter, extra, server, **more)
        core.open(self._sock_fd)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write some data bytes to the transport.

        This does not block; it buffers the data and arranges for it
        to be sent out asynchronously.
        """
        self._core.write(data)

    def set_protocol(self, protocol: BaseProtocol) -> None:
        """Set a new protocol."""
        buffered = isinstance(protocol, protocols.BufferedProtocol)
        self._core.set_protocol(protocol, buffered)
        self._protocol_connected = True

    if "writelines" in vars(_stdlib._SelectorSocketTransport):

        def writelines(self, list_of_data: Iterable[Buffer]) -> None:
            """Write a list (or any iterable) of data bytes to the transport."""
            if self._eof:
                raise RuntimeError("Cannot call writelines() after write_eof()")
            if self._empty_waiter is not None:
                raise RuntimeError("unable to writelines; sendfile is in progress")
            if list_of_data:
                self._core.write_all(list_of_data)

    else:

        def writelines(self, list_of_data: Iterable[Buffer]) -> None:
            """Write a list (or any iterable) of data bytes to the transport."""
            pieces = list(list_of_data)
            try:
                self._core.write_all(pieces)
            except TypeError:
                b"".join(pieces)  # in the words of join
                raise

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        try:
            super()._call_connection_lost(exc)
        finally:
            self._core.detach()

    # What the core leaves to Python.

    @staticmethod
    def _refuse_type(data: object) -> None:
        # The stock method looks at nothing else before: it says so in its words.
        _stdlib._SelectorSocketTransport.write(None, data)

    @staticmethod
    def _refuse_write(ended: bool) -> None:
        if ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        raise RuntimeError("unable to write; sendfile is in progress")

    @staticmethod
    def _tell_of_lost_write() -> None:
        _stdlib.logger.warning("socket.send() raised exception.")

    def _begin_writing(self) -> None:
        more = in_context(getattr(self, "_context", None))
        self._loop._add_writer(self._sock_fd, self._core.write_ready, **more)

    def _send_failed(self, error: BaseException) -> None:
        self._report_fatal(error, "Fatal write error on socket transport")

    def _write_failed(self, error: BaseException) -> None:
        self._loop._remove_writer(self._sock_fd)
        self._core.clear()
        self._report_fatal(error, "Fatal write error on socket transport")
        if self._empty_waiter is not None:
            self._empty_waiter.set_exception(error)

    def _drained(self) -> None:
        self._loop._remove_writer(self._sock_fd)
        if self._empty_waiter is not None:
            self._empty_waiter.set_result(None)
        if self._closing:
            if not self._conn_lost:
                self._call_connection_lost(None)
        elif self._eof:
            self._sock.shutdown(socket.SHUT_WR)


use_class(_SelectorSocketTransport)


class _UnixReadPipeTransport(_Stream, _stdlib_pipes._UnixReadPipeTransport):  # type: ignore[misc]
    """A transport over the end of a pipe that one reads from."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        pipe: Any,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self._core = core = StreamCore(self, False)
        super().__init__(loop, pipe, protocol, waiter, extra)
        core.open(self._fileno)

    def _read_ready__on_eof(self) -> None:
        if self._loop.get_debug():
            _stdlib_pipes.logger.info("%r was closed by peer", self)
        self._closing = True
        self._loop._remove_reader(self._fileno)
        self._loop.call_soon(self._protocol.eof_received)
        self._loop.call_soon(self._call_connection_lost, None)

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        try:
            super()._call_connection_lost(exc)
        finally:
            self._core.detach()


class _UnixWritePipeTransport(_Writer, _stdlib_pipes._UnixWritePipeTransport):  # type: ignore[misc]
    """A transport over the end of a pipe that one writes to."""

    _closing = _in_core("_closing")
    # It is told that the other end was closed, and nothing else.
    _read_ready = _stdlib_pipes._UnixWritePipeTransport._read_ready

    def __init__(
        self,
        loop: AbstractEventLoop,
        pipe: Any,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self._core = core = StreamCore(self, False)
        self.write = core.write  # type: ignore[method-assign]
        super().__init__(loop, pipe, protocol, waiter, extra)
        core.open(self._fileno)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write some data bytes to the transport.

        This does not block; it buffers the data and arranges for it
        to be sent out asynchronously.
        """
        self._core.write(data)

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        try:
            super()._call_connection_lost(exc)
        finally:
            self._core.detach()

    # What the core leaves to Python.

    @staticmethod
    def _refuse_type(data: object) -> None:
        raise AssertionError(repr(data))

    @staticmethod
    def _tell_of_lost_write() -> None:
        _stdlib_pipes.logger.warning(
            "pipe closed by peer or os.write(pipe, data) raised exception."
        )

    def _begin_writing(self) -> None:
        self._loop._add_writer(self._fileno, self._core.write_ready)

    def _send_failed(self, error: BaseException) -> None:
        self._conn_lost += 1
        self._report_fatal(error, "Fatal write error on pipe transport")

    def _write_failed(self, error: BaseException) -> None:
        self._core.clear()
        self._conn_lost += 1
        # An empty buffer keeps _fatal_error from doing it.
        self._loop._remove_writer(self._fileno)
        self._report_fatal(error, "Fatal write error on pipe transport")

    def _drained(self) -> None:
        self._loop._remove_writer(self._fileno)
        if self._closing:
            self._loop._remove_reader(self._fileno)
            self._call_connection_lost(None)


_OWN_POLL = 2
_SOCKET = socket.socket
_METHODS = tuple(
    (name, getattr(_SOCKET, name))
    for name in ("fileno", "recv", "recv_into", "send", "sendmsg")
    if hasattr(_SOCKET, name)
)


def _is_plain(sock: socket.socket) -> bool:
    """Whether it may be read from and written to by its descriptor.

    A subclass may have methods of its own; somebody may have patched the class.
    """
    return type(sock) is _SOCKET and all(
        getattr(_SOCKET, name) is method for name, method in _METHODS
    )


def _with_our_tls(function: Any) -> Any:
    """Return one of the standard library's functions that finds our protocol."""
    found = FunctionType(
        function.__code__,
        {**function.__globals__, "sslproto": sslproto},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    found.__kwdefaults__ = function.__kwdefaults__
    found.__doc__ = function.__doc__
    found.__qualname__ = function.__qualname__
    return found


class TransportMaker:
    """Makes these transports wherever the running Python's loop makes its own.

    A loop over a selector of the user's has the running Python's own, and so has a
    socket that is not exactly a `socket.socket`.
    """

    def _make_socket_transport(
        self: Any,
        sock: socket.socket,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        *,
        extra: dict[str, Any] | None = None,
        server: AbstractServer | None = None,
        context: Any = None,
    ) -> Any:
        more = in_context(context)
        if self._own & _OWN_POLL or not _is_plain(sock):
            make = super()._make_socket_transport  # type: ignore[misc]
            return make(sock, protocol, waiter, extra=extra, server=server, **more)
        if _learned.SOCKETS_ARE_CHECKED:
            self._ensure_fd_no_transport(sock)
        return _SelectorSocketTransport(
            self, sock, protocol, waiter, extra, server, context
        )

    if sslproto.IS_OURS:
        start_tls = _with_our_tls(base_events.BaseEventLoop.start_tls)

    def _make_ssl_transport(
        self: Any,
        rawsock: socket.socket,
        protocol: BaseProtocol,
        sslcontext: SSLContext,
        waiter: Future[None] | None = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: dict[str, Any] | None = None,
        server: AbstractServer | None = None,
        ssl_handshake_timeout: float | None = (constants.SSL_HANDSHAKE_TIMEOUT),
        ssl_shutdown_timeout: float | None = constants.SSL_SHUTDOWN_TIMEOUT,
        context: Any = None,
    ) -> Any:
        if self._own & _OWN_POLL or not sslproto.IS_OURS:
            return super()._make_ssl_transport(  # type: ignore[misc]
                rawsock,
                protocol,
                sslcontext,
                waiter,
                server_side=server_side,
                server_hostname=server_hostname,
                extra=extra,
                server=server,
                ssl_handshake_timeout=ssl_handshake_timeout,
                ssl_shutdown_timeout=ssl_shutdown_timeout,
                **in_context(context),
            )
        if _learned.SOCKETS_ARE_CHECKED:
            self._ensure_fd_no_transport(rawsock)
        tls: Any = sslproto.SSLProtocol(
            self,
            protocol,
            sslcontext,
            waiter,
            server_side,
            server_hostname,
            ssl_handshake_timeout=ssl_handshake_timeout,
            ssl_shutdown_timeout=ssl_shutdown_timeout,
        )
        kind = _SelectorSocketTransport if _is_plain(rawsock) else _StdSocketTransport
        kind(self, rawsock, tls, extra=extra, server=server, **in_context(context))
        return tls._app_transport

    def _make_read_pipe_transport(
        self: Any,
        pipe: Any,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Any:
        if self._own & _OWN_POLL:
            make = super()._make_read_pipe_transport  # type: ignore[misc]
            return make(pipe, protocol, waiter, extra)
        return _UnixReadPipeTransport(self, pipe, protocol, waiter, extra)

    def _make_write_pipe_transport(
        self: Any,
        pipe: Any,
        protocol: BaseProtocol,
        waiter: Future[None] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Any:
        if self._own & _OWN_POLL:
            make = super()._make_write_pipe_transport  # type: ignore[misc]
            return make(pipe, protocol, waiter, extra)
        return _UnixWritePipeTransport(self, pipe, protocol, waiter, extra)
