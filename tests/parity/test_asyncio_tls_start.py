"""`start_tls`: a connection that goes on with TLS, and TLS inside TLS."""

import asyncio
import os
import socket
from types import ModuleType
from typing import Any

import pytest

from tests import tls
from tests.loops import Recorder, pair, pattern, run

MODULE = "asyncio"


async def both_ends() -> tuple[Any, Any]:
    """Return two protocols on this loop that are connected."""
    loop = asyncio.get_running_loop()
    ends = pair(socket.AF_INET)
    for end in ends:
        end.setblocking(False)
    _, client = await loop.create_connection(Recorder, sock=ends[0])
    _, server = await loop.connect_accepted_socket(Recorder, ends[1])
    return client, server


async def upgrade(protocol: Any, server_side: bool) -> None:
    """Put TLS under the protocol."""
    context = tls.server_context() if server_side else tls.client_context()
    protocol.transport = await asyncio.get_running_loop().start_tls(
        protocol.transport,
        protocol,
        context,
        server_side=server_side,
        server_hostname=None if server_side else "localhost",
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_layers(impl: ModuleType, layers: int) -> None:
    """Each layer is put on by both sides; what follows goes through all."""
    data = pattern(2**20)

    async def main() -> None:
        client, server = await both_ends()
        for layer in range(layers):
            client.transport.write(b"start")
            await server.until(lambda: server.received == b"start")
            server.transport.write(b"go")
            await client.until(lambda: client.received == b"go")
            client.received = server.received = b""
            await asyncio.gather(upgrade(server, True), upgrade(client, False))
            assert client.transport.get_extra_info("cipher"), layer
        client.transport.write(data)
        server.transport.write(data)
        for end in (client, server):
            await end.until(lambda end=end: len(end.received) == len(data))
            assert end.received == data
        assert client.told.count("connection_made") == 1
        client.transport.close()
        assert await client.lost is None
        await server.lost

    run(impl, main)


def test_the_clients_first_word_is_there_before_the_server_begins(
    impl: ModuleType,
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        client, server = await both_ends()
        server.transport.pause_reading()
        starting = loop.create_task(upgrade(client, False))
        # The client's hello lies in the kernel.
        below = server.transport.get_extra_info("socket")
        while not await tls.in_thread(waiting, below.fileno()):
            pass
        await upgrade(server, True)
        await starting
        client.transport.write(b"hello")
        await server.until(lambda: server.received == b"hello")
        client.transport.abort()
        server.transport.abort()
        await client.lost
        await server.lost

    run(impl, main)


def waiting(descriptor: int) -> int:
    """Return how many bytes can be looked at."""
    with socket.socket(fileno=os.dup(descriptor)) as one:
        try:
            return len(one.recv(1000, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return 0


def test_streams(impl: ModuleType) -> None:
    """`StreamWriter.start_tls`, one line before it and one after it."""

    async def main() -> None:
        done = asyncio.get_running_loop().create_future()

        async def handle(reader: Any, writer: Any) -> None:
            assert await reader.readline() == b"start\n"
            writer.write(b"go\n")
            await writer.start_tls(tls.server_context())
            assert writer.get_extra_info("cipher")
            line = await reader.readline()
            writer.write(line.upper())
            await writer.drain()
            assert await reader.read() == b""
            writer.close()
            done.set_result(None)

        server = await impl.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await impl.open_connection("127.0.0.1", port)
        writer.write(b"start\n")
        assert await reader.readline() == b"go\n"
        await writer.start_tls(tls.client_context(), server_hostname="localhost")
        writer.write(b"secret\n")
        assert await reader.readline() == b"SECRET\n"
        writer.close()
        await writer.wait_closed()
        await done
        server.close()
        await server.wait_closed()

    run(impl, main)


def test_a_handshake_that_fails(impl: ModuleType) -> None:
    async def main() -> None:
        client, server = await both_ends()
        server.transport.write(b"this is no TLS at all\n")
        with pytest.raises(OSError, match=r"SSL|ssl"):
            await upgrade(client, False)
        assert client.transport.is_closing()
        server.transport.abort()
        await server.lost

    run(impl, main)


def test_what_cannot_be_started(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        client, server = await both_ends()
        with pytest.raises(TypeError, match="is expected to be an instance of"):
            await loop.start_tls(client.transport, client, None)  # type: ignore[arg-type]
        nothing: Any = asyncio.Transport()
        with pytest.raises(TypeError, match=r"is not supported by start_tls\(\)"):
            await loop.start_tls(nothing, client, tls.client_context())
        client.transport.abort()
        server.transport.abort()
        await client.lost
        await server.lost

    run(impl, main)
