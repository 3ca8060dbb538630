"""StreamReader and StreamWriter: alone, and over a connection of this process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from time import perf_counter, process_time
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .loops import LOOPS, PEERS, drive

LINE = b"x" * 63 + b"\n"
BATCH = 100
"""How many pieces are there when the reading begins."""


async def fed(
    module: Module,
    loop: Any,
    count: int,
    read: Callable[[Any], Coroutine[Any, Any, bytes]],
) -> float:
    """Read what has arrived already, 64 bytes at a time."""
    reader = module.StreamReader(limit=2**20, loop=loop)
    elapsed = 0.0
    for _ in range(count // BATCH):
        reader.feed_data(LINE * BATCH)
        started = perf_counter()
        for _ in range(BATCH):
            await read(reader)
        elapsed += perf_counter() - started
    return elapsed


async def each_line(module: Module, loop: Any, count: int) -> float:
    """`async for` over lines that have arrived already."""
    reader = module.StreamReader(limit=2**30, loop=loop)
    reader.feed_data(LINE * count)
    reader.feed_eof()
    started = perf_counter()
    async for _ in reader:
        pass
    return perf_counter() - started


async def byte_by_byte(module: Module, loop: Any, count: int) -> float:
    """A line of 1,000 bytes that arrives one byte at a time."""
    reader = module.StreamReader(loop=loop)
    line = b"x" * 999 + b"\n"
    started = perf_counter()
    for _ in range(count // len(line)):
        reading = loop.create_task(reader.readline())
        for place in range(len(line)):
            reader.feed_data(line[place : place + 1])
        await reading
    return perf_counter() - started


async def to_and_fro(module: Module, loop: Any, count: int) -> float:
    """A reader that always waits, and is fed each time it does."""
    reader = module.StreamReader(loop=loop)

    async def consume() -> None:
        for _ in range(count):
            await reader.read(64)

    task = loop.create_task(consume())
    started = perf_counter()

    def feed() -> None:
        reader.feed_data(LINE)
        if not task.done():
            loop.call_soon(feed)

    loop.call_soon(feed)
    await task
    return perf_counter() - started


class Sink:
    """A transport that takes everything."""

    closing = False

    def write(self, data: bytes) -> None:
        """Forget it."""

    def is_closing(self) -> bool:
        """Stay open until the end."""
        return self.closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Know nothing."""
        return default

    def close(self) -> None:
        """Stay open."""


async def write_and_drain(module: Module, loop: Any, count: int) -> float:
    """`write` and `drain` where nothing has to wait."""
    reader = module.StreamReader(loop=loop)
    protocol = module.StreamReaderProtocol(reader, loop=loop)
    sink = Sink()
    protocol.connection_made(sink)
    writer = module.StreamWriter(sink, protocol, reader, loop)
    started = perf_counter()
    for _ in range(count):
        writer.write(LINE)
        await writer.drain()
    elapsed = perf_counter() - started
    sink.closing = True
    return elapsed


async def lines_of_a_socket(module: Module, loop: Any, count: int) -> float:
    """`readline` while another task of the process writes lines in bulk."""
    ours, theirs = socket.socketpair()
    reader, writer = await module.open_connection(sock=ours)
    _, feeder = await module.open_connection(sock=theirs)

    async def feed() -> None:
        for _ in range(count // BATCH):
            feeder.write(LINE * BATCH)
            await feeder.drain()
        feeder.close()

    feeding = loop.create_task(feed())
    started = process_time()
    seen = 0
    while await reader.readline():
        seen += 1
    elapsed = process_time() - started
    await feeding
    writer.close()
    await writer.wait_closed()
    if seen != count:
        raise AssertionError(f"{seen} lines of {count}")
    return elapsed


async def connections(module: Module, loop: Any, count: int) -> float:
    """Connect, say a line, hear it, close: both sides in this process."""

    async def answer(reader: Any, writer: Any) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await module.start_server(answer, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    started = process_time()
    for _ in range(count):
        reader, writer = await module.open_connection(*address)
        writer.write(LINE)
        if await reader.read() != LINE:
            raise AssertionError("another line")
        writer.close()
        await writer.wait_closed()
    elapsed = process_time() - started
    server.close()
    return elapsed


BLOCK = b"x" * 2**16


async def receive_all(reader: Any, size: int) -> None:
    while size > 0:
        data = await reader.read(2**18)
        if not data:
            raise AssertionError(f"{size} bytes are missing")
        size -= len(data)


async def send_all(writer: Any, count: int) -> None:
    for _ in range(count):
        writer.write(BLOCK)
        await writer.drain()


async def bulk(module: Module, loop: Any, count: int) -> float:
    """Blocks of 64 KiB over one TCP connection, both ends on this loop."""
    sending = []

    async def answer(reader: Any, writer: Any) -> None:
        sending.append(loop.create_task(send_all(writer, count)))
        await sending[0]
        writer.close()

    server = await module.start_server(answer, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    started = perf_counter()
    reader, writer = await module.open_connection(*address)
    await receive_all(reader, count * len(BLOCK))
    elapsed = perf_counter() - started
    writer.close()
    await writer.wait_closed()
    server.close()
    return elapsed


async def through_a_child(module: Module, loop: Any, count: int) -> float:
    """Blocks of 64 KiB to a child's input and back from its output."""
    pipe = module.subprocess.PIPE
    child = await module.create_subprocess_exec("/bin/cat", stdin=pipe, stdout=pipe)
    started = perf_counter()
    sending = loop.create_task(send_all(child.stdin, count))
    await receive_all(child.stdout, count * len(BLOCK))
    elapsed = perf_counter() - started
    await sending
    child.stdin.close()
    await child.wait()
    return elapsed


Work = Callable[[Module, Any, int], Coroutine[Any, Any, float]]


def _case(
    name: str, work: Work, count: int = 100_000, target: float | None = None
) -> Scenario:
    def run(module: Module, count: int) -> float:
        return drive(module, lambda loop: work(module, loop, count))

    return Scenario(
        name=name,
        run=run,
        count=count,
        quick=2_000 if count > 2_000 else count // 10,
        isolated=True,
        target=target,
        against="uvloop",
        only=LOOPS,
    )


def _fed(name: str, read: Callable[[Any], Coroutine[Any, Any, bytes]]) -> Scenario:
    return _case(name, lambda module, loop, count: fed(module, loop, count, read))


CASES: tuple[AnyCase, ...] = (
    _fed("read, there already", lambda reader: reader.read(64)),
    _fed("readexactly, there already", lambda reader: reader.readexactly(64)),
    _fed("readuntil, there already", lambda reader: reader.readuntil(b"\n")),
    _case("async for line, there already", each_line),
    _case("a line byte by byte, per byte", byte_by_byte),
    _case("read that waits", to_and_fro),
    _case("write+drain, nothing to wait for", write_and_drain),
    _case("readline over a socket pair, both ends", lines_of_a_socket),
    _case("connect, a line to and fro, close", connections, 1_000),
    _case("bulk over TCP, 64 KiB", bulk, 3_000),
    _case("bulk through a child's pipes, 64 KiB", through_a_child, 2_000),
)

GROUP = Group(
    name="asyncio_streams",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="StreamReader",
    cases=CASES,
    peers=PEERS,
)
