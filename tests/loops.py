"""Loops of both implementations in tests of what runs on them."""

import array
import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

# Far more than anything here takes: a test that waits longer has found a hang.
PATIENCE = 20.0


@contextlib.contextmanager
def open_loop(impl: ModuleType) -> Iterator[asyncio.AbstractEventLoop]:
    """Open a loop, which is closed at the end."""
    loop = impl.new_event_loop()
    try:
        yield loop
    finally:
        loop.close()


def run(
    impl: ModuleType, main: Callable[[], Awaitable[Any]], patience: float = PATIENCE
) -> Any:
    """Run `main` on a loop of the implementation until it returns."""
    with open_loop(impl) as loop:
        return loop.run_until_complete(asyncio.wait_for(main(), patience))


class Recorder(asyncio.Protocol):
    """A protocol that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[BaseException | None] = self.loop.create_future()
        self._changed = asyncio.Event()
        self.received = b""
        self.transport: Any = None

    def tell(self, *what: Any) -> None:
        """Write it down, and wake who waits."""
        self.told.append(what if len(what) > 1 else what[0])
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was told made the condition true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def until_told(self, what: Any) -> None:
        """Wait until it was told this."""
        await self.until(lambda: what in self.told)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.tell("connection_made")

    def data_received(self, data: bytes) -> None:
        assert type(data) is bytes
        self.received += data
        self.tell("data_received")

    def eof_received(self) -> bool | None:
        self.tell("eof_received")
        return None

    def pause_writing(self) -> None:
        self.tell("pause_writing")

    def resume_writing(self) -> None:
        self.tell("resume_writing")

    def connection_lost(self, exc: BaseException | None) -> None:
        self.tell("connection_lost", type(exc))
        self.lost.set_result(exc)


async def connect(
    factory: Callable[[], Any] = Recorder, family: int = socket.AF_UNIX
) -> tuple[Any, socket.socket]:
    """Connect a protocol; return it and the socket at the other end, which blocks."""
    loop = asyncio.get_running_loop()
    near, far = pair(family)
    near.setblocking(False)
    if family == socket.AF_UNIX:
        _, protocol = await loop.create_unix_connection(factory, sock=near)
    else:
        _, protocol = await loop.create_connection(factory, sock=near)
    return protocol, far


def pair(family: int) -> tuple[socket.socket, socket.socket]:
    """Return two sockets of this family that are connected."""
    if family == socket.AF_UNIX:
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    far.settimeout(PATIENCE)
    return near, far


def tell_problems(loop: asyncio.AbstractEventLoop) -> list[dict[str, Any]]:
    """Have the loop write down what its exception handler is called with."""
    problems: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: problems.append(context))
    return problems


async def far_reads(far: socket.socket, size: int = -1) -> bytes:
    """Read in a thread: so many bytes, or to the end."""

    def read() -> bytes:
        data = bytearray()
        while len(data) != size:
            piece = far.recv(65536 if size < 0 else min(65536, size - len(data)))
            if not piece:
                break
            data += piece
        return bytes(data)

    return await asyncio.get_running_loop().run_in_executor(None, read)


def pattern(size: int) -> bytes:
    """Bytes whose order shows."""
    # The number of each four bytes. No loop: a pattern may be of megabytes.
    numbers = array.array("I", range(size // 4 + 1))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()[:size]
