"""The engine of TLS between a transport and a protocol."""

from typing import Any, final

from typing_extensions import disjoint_base

__all__ = ["TlsEngine", "TlsWriter", "use_stdlib"]

def use_stdlib(
    classes: tuple[type, type],
    phases: list[Any] | tuple[Any, ...],
    again: tuple[type[BaseException], ...],
    ssl_object: type,
) -> None:
    """Tell the engine Python's class and ours, the states of a connection in their
    order, the exceptions that mean that something has to wait, and `ssl.SSLObject`. The
    first call counts."""

@disjoint_base
class TlsEngine:
    """The base of `SSLProtocol`."""

    _state: Any
    _sslobj: Any
    _incoming: Any
    _outgoing: Any
    _write_backlog: Any
    _write_buffer_size: int
    _transport: Any
    _app_protocol: Any
    _app_protocol_is_buffer: bool
    _app_reading_paused: bool
    _app_writing_paused: bool
    _ssl_reading_paused: bool
    _ssl_writing_paused: bool

    def __new__(cls, *_args: Any, **_kwargs: Any) -> TlsEngine: ...
    def _do_read(self) -> None:
        """Decrypts what has come, and hands it on."""

    def _write_appdata(self, list_of_data: Any) -> None:
        """Encrypts these, or keeps them until that can be done."""

    def _process_outgoing(self) -> None:
        """Gives the transport what is encrypted, and the program its word if it has to
        pause."""

    def _set_state(self, new_state: Any) -> None:
        """Goes over to another state, if that may follow."""

    def _set_incoming_marks(self, low: int, high: int) -> None:
        """Sets the marks between which data waits to be decrypted."""

    def _set_outgoing_marks(self, low: int, high: int) -> None:
        """Sets the marks between which data waits to be sent."""

@final
class TlsWriter:
    """The native part of a transport above TLS."""

    _closed: bool
    _ssl_protocol: Any

    def __new__(cls) -> TlsWriter: ...
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write some data bytes to the transport.

        This does not block; it buffers the data and arranges for it
        to be sent out asynchronously.
        """

    def is_closing(self) -> bool:
        """Return True if the transport is closing or closed."""
