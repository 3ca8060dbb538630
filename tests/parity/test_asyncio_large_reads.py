"""What arrives in large pieces: into objects, and into memory of the program."""

import asyncio
import mmap
import socket
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, connect, pattern, run

MODULE = "asyncio"

# Around what a read of the engine counts as large, and what it takes at most.
SIZES = [200_000, 1, 32_767, 32_768, 300_000, 5, 65_536, 65_536, 262_144, 2, 1_000_000]


class Pieces(Recorder):
    """A protocol that keeps each piece as it came."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        super().data_received(data)


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_large_and_small_pieces_in_turn(
    impl: ModuleType, family: socket.AddressFamily
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        protocol, far = await connect(Pieces, family)
        with far:
            for size in SIZES:
                protocol.received, protocol.pieces = b"", []
                data = pattern(size)
                sending = loop.run_in_executor(None, far.sendall, data)
                await protocol.until(lambda n=size: len(protocol.received) >= n)
                await sending
                assert protocol.received == data
                for piece in protocol.pieces:
                    assert sys.getsizeof(piece) == sys.getsizeof(b"") + len(piece)
        await protocol.lost

    run(impl, main)


def window(offset: int, size: int) -> tuple[mmap.mmap, memoryview]:
    """Memory that begins so far into a page; behind it, 64 bytes that stay zero."""
    memory = mmap.mmap(-1, offset + size + 64)
    return memory, memoryview(memory)[offset : offset + size]


class Offering(asyncio.BufferedProtocol):
    """A protocol that offers a window each time, and checks what came into it."""

    def __init__(self, offset: int, size: int) -> None:
        self.memory, self.buffer = window(offset, size)
        self.recorder = Recorder()

    def connection_made(self, transport: Any) -> None:
        self.recorder.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        self.buffer[:] = bytes(len(self.buffer))
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        assert not any(self.buffer[nbytes:])
        self.recorder.data_received(bytes(self.buffer[:nbytes]))

    def connection_lost(self, exc: BaseException | None) -> None:
        assert not any(self.memory[-64:])
        self.recorder.connection_lost(exc)


@pytest.mark.parametrize("offset", [0, 1, 16, 31, 32, 48, 4095])
@pytest.mark.parametrize("size", [4000, 4096, 70_000, 300_000])
def test_a_buffer_wherever_it_begins_in_a_page(
    impl: ModuleType, offset: int, size: int
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        protocol, far = await connect(lambda: Offering(offset, size))
        data = pattern(3 * size + 10)
        with far:
            sending = loop.run_in_executor(None, far.sendall, data)
            recorder = protocol.recorder
            await recorder.until(lambda: len(recorder.received) >= len(data))
            await sending
            assert recorder.received == data
        await recorder.lost

    run(impl, main)


@pytest.mark.parametrize("offset", [0, 1, 16, 31, 32, 48, 4095])
def test_sock_recv_into_wherever_it_begins_in_a_page(
    impl: ModuleType, offset: int
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        near.setblocking(False)
        with near, far:
            for size in (1, 10_000, 100_000):
                memory, view = window(offset, size)
                data = pattern(size)
                sending = loop.run_in_executor(None, far.sendall, data)
                done = 0
                while done < size:
                    done += await loop.sock_recv_into(near, view[done:])
                await sending
                assert view == data
                assert not any(memory[-64:])

    run(impl, main)


def test_sock_recv_of_large_and_small_in_turn(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        near.setblocking(False)
        with near, far:
            for size in SIZES:
                data = pattern(size)
                sending = loop.run_in_executor(None, far.sendall, data)
                pieces: list[bytes] = []
                while sum(len(piece) for piece in pieces) < size:
                    pieces.append(await loop.sock_recv(near, 200_000))
                await sending
                assert b"".join(pieces) == data
                for piece in pieces:
                    assert type(piece) is bytes
                    assert sys.getsizeof(piece) == sys.getsizeof(b"") + len(piece)

    run(impl, main)
