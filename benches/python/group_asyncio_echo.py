"""What an echo server's process costs per message: protocols, sock_*.

The client is another process, on a processor of its own where there are two, and its
time does not count. A sample is short, a fifth of a second of the server's time: what
disturbs one does not disturb the next, and the median of the rounds is of those.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import process_time
from types import SimpleNamespace
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .loops import LOOPS, PEERS, drive
from .natives import program, words

CONNECTIONS = 10
"""Some are ready together, as in a server at work; few enough that none starves."""


@dataclass(frozen=True)
class Load:
    """What the client does."""

    size: int
    connections: int = CONNECTIONS
    lines: bool = False
    """A message is one line."""


class Meter:
    """The processor time between the first connection and the end of the last."""

    def __init__(self, loop: Any, connections: int) -> None:
        self.done = loop.create_future()
        self._expected = connections
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
        if self._open == 0 and self._accepted == self._expected:
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


def echo(module: Module, count: int, serve: Serve, load: Load) -> float:
    """The server's processor time for `count` messages."""
    if hasattr(module, "floor"):
        return _floor(module.floor, count, load)

    _pin(os.getpid(), first=True)

    async def main(loop: Any) -> float:
        meter = Meter(loop, load.connections)
        port, close = await serve(module, loop, meter)
        client = _client(port, count, load)
        spent: float = await meter.done
        close()
        _check(client, count)
        return spent

    return drive(module, main)


def _client(port: int, count: int, load: Load) -> subprocess.Popen[str]:
    orders = {
        "port": port,
        "connections": load.connections,
        "size": load.size,
        "messages": count,
        "line": int(load.lines),
    }
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


def _floor(floor: str, count: int, load: Load) -> float:
    with subprocess.Popen([floor], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        _pin(server.pid, first=True)
        port = int(words(server.stdout.readline())["port"])
        _check(_client(port, count, load), count)
        return words(server.stdout.readline())["cpu_us"] / 1e6


def _case(
    name: str,
    serve: Serve,
    size: int,
    target: float | None = None,
    floor: bool = False,
) -> Scenario:
    def run(module: Module, count: int) -> float:
        return echo(module, count, serve, Load(size))

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
