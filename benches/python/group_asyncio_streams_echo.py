"""What a streams echo server's process costs per message, in five kinds of load.

Measured as in the echo group; seven rounds take about two minutes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .group_asyncio_echo import COUNTS, KIB, Load, Meter, Serve, echo
from .loops import PEERS
from .subjects import ROPEWALK, STDLIB

TARGET = 1.33
"""At most 0.75 of uvloop's time."""


async def pieces(
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


async def lines(
    module: Module, loop: Any, meter: Meter
) -> tuple[int, Callable[[], None]]:
    """`readline`, `write`, `drain`."""

    async def echo(reader: Any, writer: Any) -> None:
        meter.opened()
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
        writer.close()
        meter.closed()

    server = await module.start_server(echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1], server.close


def _case(name: str, serve: Serve, load: Load, target: float | None = None) -> Scenario:
    return Scenario(
        name=name,
        run=lambda module, count: echo(module, count, serve, load),
        count=COUNTS[load.size],
        quick=COUNTS[load.size] // 20,
        isolated=True,
        target=target,
        against="uvloop",
        only=frozenset({STDLIB, ROPEWALK, "uvloop"}),
    )


CASES: tuple[AnyCase, ...] = (
    _case("streams echo, 1 KiB, one connection", pieces, Load(KIB, 1), TARGET),
    _case("streams echo, 1 KiB, 50 connections", pieces, Load(KIB, 50), TARGET),
    _case("streams echo, lines of 1 KiB", lines, Load(KIB, lines=True), TARGET),
    _case("streams echo, readexactly twice, 1 KiB", exact_streams, Load(KIB)),
    _case("streams echo, 64 KiB", pieces, Load(64 * KIB)),
)

GROUP = Group(
    name="asyncio_streams_echo",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="StreamReader",
    cases=CASES,
    peers={"uvloop": PEERS["uvloop"]},
)
