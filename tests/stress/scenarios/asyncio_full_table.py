"""No descriptor is left for accept(): the server waits, complains, and recovers."""

import os
import random
import resource
import socket
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True

_PEERS = 30


def run(asyncio: Any, rng: random.Random) -> None:
    """Thirty peers knock while there is no room; all are served afterwards."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    complaints: list[str] = []
    loop.set_exception_handler(lambda _, c: complaints.append(c["message"]))

    async def echo(reader: Any, writer: Any) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=_PEERS)
    address = server.sockets[0].getsockname()
    before = _open()
    peers = [socket.socket() for _ in range(_PEERS)]
    fillers = _fill_the_table()
    for _ in range(rng.randrange(4)):
        os.close(fillers.pop())
    for peer in peers:
        peer.setblocking(False)
        await loop.sock_connect(peer, address)
    while not complaints:
        await asyncio.sleep(0.001)
    for filler in fillers:
        os.close(filler)

    async def ask(peer: socket.socket, number: int) -> None:
        line = b"%d\n" % number
        await loop.sock_sendall(peer, line)
        assert await loop.sock_recv(peer, 100) == line
        assert await loop.sock_recv(peer, 100) == b""
        peer.close()

    await asyncio.gather(*(ask(peer, at) for at, peer in enumerate(peers)))
    assert set(complaints) == {"socket.accept() out of system resource"}, complaints
    while _open() > before:
        await asyncio.sleep(0.001)
    server.close()
    await server.wait_closed()


def _fill_the_table() -> list[int]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1024), hard))
    fillers = []
    while True:
        try:
            fillers.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            return fillers


def _open() -> int:
    return len(os.listdir("/proc/self/fd"))
