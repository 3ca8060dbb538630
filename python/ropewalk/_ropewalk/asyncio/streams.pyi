"""The engine of stream readers and writers."""

from collections.abc import Coroutine, Iterable
from typing import Any

from typing_extensions import disjoint_base

__all__ = [
    "FlowControlEngine",
    "ProtocolEngine",
    "ReaderEngine",
    "WriterEngine",
    "use_stdlib",
]

@disjoint_base
class ReaderEngine:
    """What has arrived on a stream; the base of `ropewalk.asyncio.StreamReader`."""

    _buffer: Any
    _eof: bool
    _exception: Any
    _limit: Any
    _loop: Any
    _paused: bool
    _quick_next: Any
    _quick_read: Any
    _quick_readexactly: Any
    _quick_readline: Any
    _quick_readuntil: Any
    _transport: Any
    _waiter: Any
    def __new__(cls, *_args: object, **_kwargs: object) -> ReaderEngine: ...
    def _begin_next(self) -> Coroutine[Any, Any, bytes]: ...
    def _begin_read(self, n: Any) -> Coroutine[Any, Any, bytes]: ...
    def _begin_readexactly(self, n: Any) -> Coroutine[Any, Any, bytes]: ...
    def _begin_readline(self) -> Coroutine[Any, Any, bytes]: ...
    def _begin_readuntil(self, separator: Any) -> Coroutine[Any, Any, bytes]: ...
    def at_eof(self) -> bool: ...
    def exception(self) -> Any: ...
    def feed_data(self, data: Iterable[Any]) -> None: ...
    def feed_eof(self) -> None: ...
    def set_exception(self, exc: Any) -> None: ...
    def set_transport(self, transport: Any) -> None: ...

@disjoint_base
class WriterEngine:
    """A way to write to a transport; the base of `ropewalk.asyncio.StreamWriter`."""

    _loop: Any
    _protocol: Any
    _quick_drain: Any
    _reader: Any
    _transport: Any
    def __new__(cls, *_args: object, **_kwargs: object) -> WriterEngine: ...
    def _begin_drain(self) -> Coroutine[Any, Any, None]: ...
    def get_extra_info(self, name: str, default: Any = None) -> Any: ...
    def is_closing(self) -> bool: ...
    def write(self, data: Any) -> None: ...
    def writelines(self, data: Any) -> None: ...

@disjoint_base
class FlowControlEngine:
    """Whether writing is paused; the base of `FlowControlMixin`."""

    _connection_lost: bool
    _drain_waiters: Any
    _loop: Any
    _paused: bool
    def __new__(cls, *_args: object, **_kwargs: object) -> FlowControlEngine: ...

@disjoint_base
class ProtocolEngine(FlowControlEngine):
    """What a transport talks to; the base of `StreamReaderProtocol`."""

    _over_ssl: bool
    _stream_reader_wr: Any
    def __new__(cls, *_args: object, **_kwargs: object) -> ProtocolEngine: ...
    def data_received(self, data: Any) -> None: ...
    def eof_received(self) -> bool: ...

def use_stdlib(
    classes: tuple[type, type, type],
    ours: tuple[type, type],
    exceptions: tuple[type, type],
    *,
    many_separators: bool,
) -> None:
    """Tell the engine the standard library's classes, our reader and protocol, and
    whether there may be several separators. The first call counts."""
