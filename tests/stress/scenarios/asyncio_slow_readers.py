"""Peers that stop reading: the writer waits, its buffer is bounded, nothing is lost."""

import random
import socket
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True

_CHUNK = 16 * 1024


def run(asyncio: Any, rng: random.Random) -> None:
    """Three peers read late, one never does, one goes away."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    largest = 0
    high = rng.choice([1, 64 * 1024])
    total = 4_000_000
    ended: list[str] = []

    async def pour(reader: Any, writer: Any) -> None:
        nonlocal largest
        transport = writer.transport
        transport.set_write_buffer_limits(high=high)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
        try:
            for start in range(0, total, _CHUNK):
                writer.write(bytes([start // _CHUNK % 256]) * _CHUNK)
                largest = max(largest, transport.get_write_buffer_size())
                await writer.drain()
            writer.close()
            await writer.wait_closed()
            ended.append("whole")
        except ConnectionError:
            ended.append("broken")
        except asyncio.CancelledError:
            ended.append("cancelled")
            transport.abort()
            raise

    tasks: list[Any] = []

    def serve(reader: Any, writer: Any) -> None:
        tasks.append(loop.create_task(pour(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()

    async def reads_late(seed: float) -> None:
        own = random.Random(seed)
        peer = await _connect(loop, address)
        got = 0
        while data := await loop.sock_recv(peer, own.choice([1000, 300_000])):
            for at in {0, len(data) - 1}:
                assert data[at] == (got + at) // _CHUNK % 256, got + at
            got += len(data)
            if own.random() < 0.05:
                await asyncio.sleep(0.002)
        assert got >= total, got
        peer.close()

    async def goes_away() -> None:
        peer = await _connect(loop, address)
        await loop.sock_recv(peer, 10)
        peer.close()

    never = await _connect(loop, address)
    await asyncio.gather(*(reads_late(rng.random()) for _ in range(3)), goes_away())
    while sorted(ended) != ["broken", "whole", "whole", "whole"]:
        await asyncio.sleep(0.001)
    # The fourth still waits; it can be ended.
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert ended.count("cancelled") == 1, ended
    assert largest <= high + _CHUNK, (largest, high)
    never.close()
    server.close()
    await server.wait_closed()


async def _connect(loop: Any, address: Any) -> socket.socket:
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    peer.setblocking(False)
    await loop.sock_connect(peer, address)
    return peer
