"""The engine of byte streams between a loop and its protocols."""

from asyncio import BaseProtocol, Future
from collections.abc import Iterable, Iterator
from typing import Any, final

from typing_extensions import Buffer

__all__ = ["Noticing", "StreamCore", "use_class"]

class Noticing:
    """Notices what is set on a transport; a base of those with a core."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Noticing: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...

def use_class(class_: type) -> None:
    """Say which class has its `write` and `is_closing` in the core. The first call
    counts."""

@final
class StreamCore:
    """The native part of a transport."""

    _protocol: BaseProtocol | None
    _empty_waiter: Future[None] | None
    _conn_lost: int
    _eof: bool
    _closing: bool
    _is_closing: bool

    def __new__(cls, transport: Any, is_socket: bool) -> StreamCore:
        """The native part of `transport`, over a socket or (False) a pipe."""

    def open(self, descriptor: int) -> None:
        """Begins with this descriptor, which is set not to block."""

    def detach(self) -> None:
        """Ends: the descriptor is somebody else's from now on."""

    def read_ready(self) -> None:
        """Looks at the descriptor once and hands on what came."""

    def write_ready(self) -> None:
        """Sends as much as the descriptor takes of what waits."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write some data bytes to the transport.

        This does not block; it buffers the data and arranges for it
        to be sent out asynchronously.
        """

    def write_all(self, list_of_data: Iterable[Buffer]) -> None:
        """Write a list (or any iterable) of data bytes to the transport, as one."""

    def get_write_buffer_size(self) -> int:
        """Return the current size of the write buffer."""

    def set_limits(self, low: int, high: int) -> None: ...
    def set_protocol(self, protocol: BaseProtocol | None, buffered: bool) -> None: ...
    def clear(self) -> None:
        """Forgets what waits to be written."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
