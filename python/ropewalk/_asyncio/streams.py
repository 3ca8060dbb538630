"""Streams: what takes the place of names in ``asyncio.streams``.

Promise: each class is also a subclass of the running Python's class of that name, whose
methods do everything that is rare: setting up, closing, and serving a subclass that
overrides what they call. What reads, writes and drains is the engine's.
"""

from __future__ import annotations

import asyncio.exceptions as _exceptions
import asyncio.streams as _stdlib
from types import FunctionType

from ropewalk import _methods, _ropewalk
from ropewalk._asyncio import _stdlib_transports as _learned
from ropewalk._asyncio._coroutines import short_cut_to
from ropewalk._asyncio._stdlib import STREAMS, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType
    from typing import Any

_engine = _ropewalk.asyncio.streams
_StdReader = _stdlib.StreamReader
_StdWriter = _stdlib.StreamWriter
_StdFlow: Any = _stdlib.FlowControlMixin
_StdProtocol = _stdlib.StreamReaderProtocol


class StreamReader(_engine.ReaderEngine, _StdReader):
    """What has arrived on a stream, to be read in pieces, lines or as a whole.

    A transport is paused while more than twice the limit is unread; the limit is also
    the length of the longest line.
    """

    @short_cut_to(_engine.ReaderEngine._quick_read)
    def read(self, n: int = -1) -> Coroutine[Any, Any, bytes]:
        """Return up to `n` bytes as soon as there are any.

        If `n` is negative, return all until the end. Empty bytes mean the end.
        """
        return self._begin_read(n)

    @short_cut_to(_engine.ReaderEngine._quick_readexactly)
    def readexactly(self, n: int) -> Coroutine[Any, Any, bytes]:
        """Return exactly `n` bytes.

        If the stream ends before, `IncompleteReadError` has what was there.
        """
        return self._begin_readexactly(n)

    @short_cut_to(_engine.ReaderEngine._quick_readuntil)
    def readuntil(self, separator: Any = b"\n") -> Coroutine[Any, Any, bytes]:
        """Return what comes before the separator, and the separator.

        If the stream ends before, `IncompleteReadError` has what was there; if the
        limit is passed before, `LimitOverrunError` is raised, and all stays unread.
        """
        return self._begin_readuntil(separator)

    @short_cut_to(_engine.ReaderEngine._quick_readline)
    def readline(self) -> Coroutine[Any, Any, bytes]:
        """Return the next line with its end, or what is there when the stream ends.

        A line beyond the limit is thrown away, and `ValueError` raised.
        """
        return self._begin_readline()

    def __aiter__(self) -> StreamReader:
        return self

    @short_cut_to(_engine.ReaderEngine._quick_next)
    def __anext__(self) -> Coroutine[Any, Any, bytes]:
        return self._begin_next()


class StreamWriter(_engine.WriterEngine, _StdWriter):
    """A way to write to a transport, and to wait until it has taken most of it."""

    @short_cut_to(_engine.WriterEngine._quick_drain)
    def drain(self) -> Coroutine[Any, Any, None]:
        """Wait until it makes sense to write on.

        What broke the connection is raised here.
        """
        return self._begin_drain()


class FlowControlMixin(_engine.FlowControlEngine, _StdFlow):  # type: ignore[misc]
    """Knows whether a transport has asked to write no more for now."""


class StreamReaderProtocol(_engine.ProtocolEngine, FlowControlMixin, _StdProtocol):
    """Hands what a transport receives to a reader, and tells a writer when to wait."""


for _cls, _base in (
    (StreamReader, _engine.ReaderEngine),
    (StreamWriter, _engine.WriterEngine),
    (FlowControlMixin, _engine.FlowControlEngine),
    (StreamReaderProtocol, _engine.ProtocolEngine),
):
    _methods.give_faces(_cls, _base, {})

_engine.use_stdlib(
    (_StdReader, _StdWriter, _StdFlow),
    (StreamReader, StreamReaderProtocol),
    (_exceptions.IncompleteReadError, _exceptions.LimitOverrunError),
    many_separators=_learned.MANY_SEPARATORS,
)

_CLASSES: dict[str, Any] = {
    "StreamReader": StreamReader,
    "StreamWriter": StreamWriter,
    "StreamReaderProtocol": StreamReaderProtocol,
    "FlowControlMixin": FlowControlMixin,
}
_REPLACED = {getattr(_stdlib, name): ours for name, ours in _CLASSES.items()}


class _Scope(dict):  # type: ignore[type-arg]
    """What the names in ``asyncio.streams`` mean now: our classes, not the library's.

    A class that a program has put there is found as it is.
    """

    def __getitem__(self, name: str) -> Any:
        found = vars(_stdlib)[name]
        return _REPLACED.get(found, found) if isinstance(found, type) else found


_SCOPE: dict[str, Any] = _Scope({**vars(_stdlib), **_CLASSES})


def _with_our_classes(function: Any) -> Any:
    """Return one of the standard library's functions that finds our classes."""
    found = FunctionType(
        function.__code__,
        _SCOPE,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    found.__kwdefaults__ = function.__kwdefaults__
    found.__annotations__ = function.__annotations__
    found.__doc__ = function.__doc__
    found.__qualname__ = function.__qualname__
    return found


_made: Callable[..., Any] = _with_our_classes(_StdProtocol.connection_made)
_made.__doc__ = "Take the transport; a server's callback is started with it."
_made.__module__ = __name__  # Where pickle finds it, until it is installed.
StreamReaderProtocol.connection_made = _made  # type: ignore[method-assign]

_FUNCTIONS: dict[str, Any] = {
    name: _with_our_classes(vars(_stdlib)[name])
    for name in (
        "open_connection",
        "start_server",
        "open_unix_connection",
        "start_unix_server",
    )
    if name in vars(_stdlib)
}

if not is_known(STREAMS):
    _CLASSES, _FUNCTIONS = {}, {}
OURS: dict[str, Any] = {
    name: value
    for name, value in {**_CLASSES, **_FUNCTIONS}.items()
    if name in _stdlib.__all__
}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.streams`` mean what they mean here."""
    for name, value in {**_CLASSES, **_FUNCTIONS}.items():
        if hasattr(module, name):
            setattr(module, name, value)
    for one in (*_CLASSES.values(), _made):
        one.__module__ = module.__name__
