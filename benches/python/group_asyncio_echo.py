"""What an echo server's process costs per message: protocols, streams, sock_*.

The client is another process, on a processor of its own where there are two, and its
time does not count. A sample is short, a fifth of a second of the server's time: what
disturbs one does not disturb the next, and the median of the rounds is of those.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from time import process_time
from types import SimpleNamespace
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .loops import LOOPS, PEERS, drive
from .natives import program, words

CONNECTIONS = 10
"""Some are ready together, as in a server at work; few enough that none starves."""


class Meter:
    """The processor time between the first connection and the end of the last."""

    def __init__(self, loop: Any) -> None:
        self.done = loop.create_future()
        self._open = 0
        self._began = 0.0
        self._accepted = 0

    def opened(self) -> None:
        """A connection is there."""
        if self._accepted == 0:
            self._began = process_time()
        self._accepted += 1
        self._open += 1

    def closed(self) -> None:
        """A connection has ended."""
        self._open -= 1
        if self._open == 0 and self._accepted == CONNECTIONS:
            self.done.set_result(process_time() - self._began)


_ALLOWED = os.sched_getaffinity(0)

KIB, MIB = 1024, 1024 * 1024

COUNTS = {KIB: 10_000, 64 * KIB: 3_000, MIB: 300}
"""How many messages of a size are a fifth of a second of a server's time."""

Serve = Callable[[Module, Any, Meter], Awaitable[tuple[int, Callable[[], None]]]]


async def protocols(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """A Protocol that writes what it gets."""

    class Echo(module.Protocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            meter.opened()

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

        def connection_lost(self, error: Exception | None) -> None:
            meter.closed()

    server = await loop.create_server(Echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1], server.close


async def buffered_protocols(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """A BufferedProtocol with one buffer of its own."""

    class Echo(module.BufferedProtocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.buffer = memoryview(bytearray(256 * 1024))
            meter.opened()

        def get_buffer(self, sizehint: int) -> memoryview:
            return self.buffer

        def buffer_updated(self, count: int) -> None:
            self.transport.write(bytes(self.buffer[:count]))

        def connection_lost(self, error: Exception | None) -> None:
            meter.closed()

    server = await loop.create_server(Echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1], server.close


async def streams(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """`read`, `write`, `drain`."""

    async def echo(reader: Any, writer: Any) -> None:
        meter.opened()
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        meter.closed()

    server = await module.start_server(echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1], server.close


async def exact_streams(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """`readexactly` twice a message, as those do who parse a header first."""

    async def echo(reader: Any, writer: Any) -> None:
        meter.opened()
        with contextlib.suppress(module.IncompleteReadError):
            while True:
                head = await reader.readexactly(16)
                writer.write(head + await reader.readexactly(1024 - 16))
                await writer.drain()
        writer.close()
        meter.closed()

    server = await module.start_server(echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1], server.close


async def sockets(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """`sock_accept`, `sock_recv`, `sock_sendall`."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)
    listener.setblocking(False)
    tasks = []

    async def echo(peer: socket.socket) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        meter.opened()
        while data := await loop.sock_recv(peer, 256 * 1024):
            await loop.sock_sendall(peer, data)
        peer.close()
        meter.closed()

    async def accept() -> None:
        for _ in range(CONNECTIONS):
            peer, _ = await loop.sock_accept(listener)
            tasks.append(loop.create_task(echo(peer)))

    tasks.append(loop.create_task(accept()))
    return listener.getsockname()[1], listener.close


def echo(module: Module, count: int, serve: Serve, size: int) -> float:
    """The server's processor time for `count` messages."""
    if hasattr(module, "floor"):
        return _floor(module.floor, count, size)

    _pin(os.getpid(), first=True)

    async def main(loop: Any) -> float:
        meter = Meter(loop)
        port, close = await serve(module, loop, meter)
        client = _client(port, count, size)
        spent: float = await meter.done
        close()
        _check(client, count)
        return spent

    return drive(module, main)


def _client(port: int, count: int, size: int) -> subprocess.Popen[str]:
    orders = {"port": port, "connections": CONNECTIONS, "size": size, "messages": count}
    command = [str(program("echo_load"))]
    command += [w for name, value in orders.items() for w in (f"--{name}", str(value))]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    _pin(client.pid, first=False)
    return client


def _pin(process: int, first: bool) -> None:
    """Keep server and client apart: on the first and the last processor we may use."""
    allowed = sorted(_ALLOWED)
    if len(allowed) > 1:
        os.sched_setaffinity(process, {allowed[0 if first else -1]})


def _check(client: subprocess.Popen[str], count: int) -> None:
    told = words(client.communicate()[0])
    if client.returncode != 0 or told["messages"] != count or told["lost"] != 0:
        raise AssertionError(f"the client ended with {client.returncode}: {told}")


def _floor(floor: str, count: int, size: int) -> float:
    with subprocess.Popen([floor], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        _pin(server.pid, first=True)
        port = int(words(server.stdout.readline())["port"])
        _check(_client(port, count, size), count)
        return words(server.stdout.readline())["cpu_us"] / 1e6


def _case(
    name: str,
    serve: Serve,
    size: int,
    target: float | None = None,
    floor: bool = False,
) -> Scenario:
    def run(module: Module, count: int) -> float:
        return echo(module, count, serve, size)

    return Scenario(
        name=name,
        run=run,
        count=COUNTS[size],
        quick=COUNTS[size] // 20,
        isolated=True,
        target=target,
        against="uvloop",
        only=LOOPS | ({"epoll"} if floor else set()),
    )


CASES: tuple[AnyCase, ...] = (
    _case("protocol echo, 1 KiB", protocols, KIB, target=1, floor=True),
    _case("protocol echo, 64 KiB", protocols, 64 * KIB, target=1, floor=True),
    _case("protocol echo, 1 MiB", protocols, MIB, target=1, floor=True),
    _case("buffered protocol echo, 1 KiB", buffered_protocols, KIB, target=1),
    _case("buffered protocol echo, 64 KiB", buffered_protocols, 64 * KIB, target=1),
    _case("buffered protocol echo, 1 MiB", buffered_protocols, MIB, target=1),
    _case("streams echo, 1 KiB", streams, KIB, target=1.33),
    _case("streams echo, 64 KiB", streams, 64 * KIB, target=1.33),
    _case("streams echo, readexactly twice, 1 KiB", exact_streams, KIB),
    _case("sock_* echo, 1 KiB", sockets, KIB, target=2.5),
    _case("sock_* echo, 64 KiB", sockets, 64 * KIB),
)


def _epoll() -> Module:
    return SimpleNamespace(floor=str(program("echo_floor")))


GROUP = Group(
    name="asyncio_echo",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="SelectorEventLoop",
    cases=CASES,
    peers={**PEERS, "epoll": _epoll},
)
