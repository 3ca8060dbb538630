"""What an echo server with TLS costs per message, in its own process.

The client is another process, and its time does not count.
"""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .group_asyncio_echo import CONNECTIONS, Meter
from .loops import PEERS, drive
from .subjects import ROPEWALK, STDLIB
from .tls_load import CERTIFICATE

Serve = Callable[[Module, Any, Meter, ssl.SSLContext], Awaitable[Any]]


async def protocols(
    module: Module, loop: Any, meter: Meter, context: ssl.SSLContext
) -> Any:
    """A Protocol that writes what it gets."""

    class Echo(module.Protocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            meter.opened()

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

        def connection_lost(self, error: Exception | None) -> None:
            meter.closed()

    return await loop.create_server(Echo, "127.0.0.1", 0, ssl=context)


async def buffered_protocols(
    module: Module, loop: Any, meter: Meter, context: ssl.SSLContext
) -> Any:
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

    return await loop.create_server(Echo, "127.0.0.1", 0, ssl=context)


async def streams(
    module: Module, loop: Any, meter: Meter, context: ssl.SSLContext
) -> Any:
    """`read`, `write`, `drain`."""

    async def echo(reader: Any, writer: Any) -> None:
        meter.opened()
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        meter.closed()

    return await module.start_server(echo, "127.0.0.1", 0, ssl=context)


def _case(name: str, serve: Serve, size: int, *, target: float | None = 1) -> Scenario:
    def run(module: Module, count: int) -> float:
        async def main(loop: Any) -> float:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            meter = Meter(loop, CONNECTIONS)
            server = await serve(module, loop, meter, context)
            port = server.sockets[0].getsockname()[1]
            orders = [port, CONNECTIONS, size, count]
            command = [sys.executable, "-m", "benches.python.tls_load"]
            with subprocess.Popen([*command, *map(str, orders)]) as client:
                spent: float = await meter.done
                server.close()
            if client.returncode != 0:
                raise AssertionError(f"the client ended with {client.returncode}")
            return spent

        return drive(module, main)

    large = size > 10_000
    return Scenario(
        name=name,
        run=run,
        count=1_000 if large else 8_000,
        quick=100 if large else 500,
        isolated=True,
        target=target,
        against="uvloop",
        only=frozenset({STDLIB, ROPEWALK, "uvloop"}),
    )


CASES: tuple[AnyCase, ...] = (
    _case("TLS protocol echo, 1 KiB", protocols, 1024),
    _case("TLS protocol echo, 64 KiB", protocols, 65536),
    _case("TLS buffered protocol echo, 1 KiB", buffered_protocols, 1024),
    _case("TLS streams echo, 1 KiB", streams, 1024),
)

GROUP = Group(
    name="asyncio_tls",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="SelectorEventLoop",
    cases=CASES,
    peers={"uvloop": PEERS["uvloop"]},
)
