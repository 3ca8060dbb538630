"""Some hundred connections at once on one loop, each echoing: nothing is lost.

benches/python/many_connections.py does it with ten thousand.
"""

import random
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True

_CONNECTIONS = 300


def run(asyncio: Any, rng: random.Random) -> None:
    """Both ends on one loop."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    alive = 0

    class Echo(asyncio.Protocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            nonlocal alive
            alive += 1
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

        def connection_lost(self, error: Exception | None) -> None:
            nonlocal alive
            alive -= 1

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "0.0.0.0", 0, backlog=_CONNECTIONS)
    port = server.sockets[0].getsockname()[1]
    everyone = asyncio.Event()
    ready = 0

    async def client(number: int) -> int:
        nonlocal ready
        address = f"127.0.0.{number % 4 + 1}"
        reader, writer = await asyncio.open_connection(address, port)
        ready += 1
        if ready == _CONNECTIONS:
            everyone.set()
        await everyone.wait()
        for turn in range(5):
            message = b"%d %d " % (number, turn) + bytes(rng.choice([1, 1000])) + b"\n"
            writer.write(message)
            assert await reader.readline() == message
            await asyncio.sleep(rng.random() / 100)
        writer.close()
        await writer.wait_closed()
        return 5

    answers = await asyncio.gather(*(client(n) for n in range(_CONNECTIONS)))
    assert sum(answers) == 5 * _CONNECTIONS
    while alive:
        await asyncio.sleep(0.001)
    server.close()
    await server.wait_closed()
