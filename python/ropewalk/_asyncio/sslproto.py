"""TLS: what takes the place of names in ``asyncio.sslproto``.

Promise: each class is the running Python's class of that name, with what every message
goes through in a native engine. What happens once in a connection's life (handshake,
farewell, time-outs), or when something fails, is the inherited code, which sees the
engine's state under the names that it knows.
"""

from __future__ import annotations

import asyncio.sslproto as _stdlib
import math
import sys

from ropewalk._asyncio import put
from ropewalk._asyncio._stdlib import TLS, is_known
from ropewalk._ropewalk.asyncio import tls as _engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_std: Any = _stdlib
_StdProtocol: Any = _std.SSLProtocol
_StdTransport: Any = getattr(_std, "_SSLProtocolTransport", object)
_CONNECTED = _std.AppProtocolState.STATE_CON_MADE
_NATIVE = ("_do_read", "_process_outgoing", "_set_state", "_write_appdata")


def _in_core(name: str) -> property:
    """Return an attribute that is kept in the core."""

    def get(self: Any) -> Any:
        return getattr(self._core, name)

    def put(self: Any, value: Any) -> None:
        setattr(self._core, name, value)

    return property(get, put)


class _SSLProtocolTransport(_StdTransport):  # type: ignore[misc]
    """What a program sees of a connection with TLS."""

    _closed = _in_core("_closed")
    _ssl_protocol = _in_core("_ssl_protocol")

    def __init__(self, loop: Any, ssl_protocol: Any) -> None:
        self._core = core = _engine.TlsWriter()
        self.write = core.write
        self.is_closing = core.is_closing
        super().__init__(loop, ssl_protocol)


def _marks(low: float, high: float) -> tuple[int, int]:
    """Return marks of any kind as numbers of bytes that mean the same."""
    most = sys.maxsize
    return math.floor(min(low, most)), math.ceil(min(high, most))


class SSLProtocol(_engine.TlsEngine, _StdProtocol):  # type: ignore[misc]
    """Encrypts and decrypts between a transport and the protocol of a program."""

    _app_transport: Any
    _app_transport_created: bool

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let a subclass, which may override anything, be run by Python's methods."""
        super().__init_subclass__(**kwargs)
        for name in _NATIVE:
            if getattr(cls, name) is getattr(_engine.TlsEngine, name):
                setattr(cls, name, getattr(_StdProtocol, name))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Our transports read into memory that all connections share; for any other,
        # get_buffer() makes one.
        self._ssl_buffer = bytearray()
        self._ssl_buffer_view = memoryview(self._ssl_buffer)
        if self._server_side and self._app_state is _CONNECTED:
            self._take_early(getattr(self._app_protocol, "_stream_reader", None))

    def _take_early(self, reader: Any) -> None:
        """Take what a stream has not read: the client began before it was asked to.

        It is decrypted, so that nothing of it passes for what was said in secret.
        """
        unread = getattr(reader, "_buffer", None)
        if isinstance(unread, bytearray) and unread:
            self._incoming.write(unread)
            unread.clear()
            reader._maybe_resume_transport()

    def _get_app_transport(self) -> Any:
        if self._app_transport is None and not self._app_transport_created:
            self._app_transport = _SSLProtocolTransport(self._loop, self)
            self._app_transport_created = True
        return super()._get_app_transport()

    def _set_read_buffer_limits(self, high: Any = None, low: Any = None) -> None:
        super()._set_read_buffer_limits(high, low)
        self._set_incoming_marks(
            *_marks(self._incoming_low_water, self._incoming_high_water)
        )

    def _set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None:
        super()._set_write_buffer_limits(high, low)
        self._set_outgoing_marks(
            *_marks(self._outgoing_low_water, self._outgoing_high_water)
        )

    def _report_fatal(self, error: Exception) -> None:
        try:
            raise error
        except Exception as exc:
            # The log shows the exception that is being handled.
            self._fatal_error(exc, "Fatal error on SSL protocol")


OURS: dict[str, Any] = {}
_CLASSES: dict[str, Any] = {
    "SSLProtocol": SSLProtocol,
    "_SSLProtocolTransport": _SSLProtocolTransport,
}
# Without the module ssl nothing works, in the words of Python's own class.
IS_OURS = _std.ssl is not None and is_known(TLS, SSLProtocol, _StdProtocol)
if IS_OURS:
    _engine.use_stdlib(
        (_StdProtocol, SSLProtocol),
        [
            _stdlib.SSLProtocolState[name]
            for name in (
                "UNWRAPPED",
                "DO_HANDSHAKE",
                "WRAPPED",
                "FLUSHING",
                "SHUTDOWN",
            )
        ],
        _stdlib.SSLAgainErrors,
        _std.ssl.SSLObject,
    )


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.sslproto`` mean what they mean here."""
    if IS_OURS:
        put(module, _CLASSES)
