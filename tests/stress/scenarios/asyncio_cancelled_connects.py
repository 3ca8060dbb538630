"""Connects that are cancelled at any moment leave no socket and no waiter behind."""

import os
import random
import socket
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Listeners that accept, that are full, and that refuse."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    knocks = [socket.socket() for _ in range(4)]
    for one in knocks:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    refusing = socket.create_server(("127.0.0.1", 0))
    refused = refusing.getsockname()
    refusing.close()
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    addresses = [full.getsockname(), refused, server.sockets[0].getsockname()]
    await _settled(asyncio, _open())
    before = _open()

    async def by_connection(address: Any) -> None:
        transport, _ = await loop.create_connection(asyncio.Protocol, *address[:2])
        transport.abort()

    async def by_streams(address: Any) -> None:
        _, writer = await asyncio.open_connection(*address[:2])
        writer.close()

    async def by_socket(address: Any) -> None:
        with socket.socket() as one:
            one.setblocking(False)
            await loop.sock_connect(one, address)

    for _ in range(30):
        ways = [by_connection, by_streams, by_socket]
        tasks = [
            loop.create_task(rng.choice(ways)(rng.choice(addresses))) for _ in range(6)
        ]
        for task in tasks:
            for _ in range(rng.randrange(4)):
                await asyncio.sleep(0)
            if rng.random() < 0.7:
                task.cancel()
        _, late = await asyncio.wait(tasks, timeout=0.005)
        for task in late:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            expected = (ConnectionRefusedError, asyncio.CancelledError)
            assert result is None or isinstance(result, expected), repr(result)
    await _settled(asyncio, before)
    server.close()
    await server.wait_closed()
    for one in [*knocks, full]:
        one.close()


async def _settled(asyncio: Any, most: int) -> None:
    """Closing is a turn or two behind."""
    while _open() > most:
        await asyncio.sleep(0.001)


def _open() -> int:
    return len(os.listdir("/proc/self/fd"))
