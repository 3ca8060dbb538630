"""Peers that reset, half-close, stop reading or send byte by byte; others go on."""

import random
import socket
import struct
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True

_RESET = struct.pack("ii", 1, 0)


def run(asyncio: Any, rng: random.Random) -> None:
    """Forty peers of five kinds at once, on a server of each sort."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    complaints: list[Any] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    made: list[Any] = []

    class Echo(asyncio.Protocol):  # type: ignore[misc]
        def __init__(self) -> None:
            self.calls: list[str] = []
            made.append(self)

        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.calls.append("made")

        def data_received(self, data: bytes) -> None:
            assert self.calls[-1] in ("made", "data"), self.calls
            self.calls.append("data")
            self.transport.write(data)

        def eof_received(self) -> bool:
            self.calls.append("eof")
            return False

        def connection_lost(self, error: Exception | None) -> None:
            self.calls.append("lost")

    async def stream_echo(reader: Any, writer: Any) -> None:
        try:
            while data := await reader.read(rng.choice([1, 100, 65536])):
                writer.write(data)
                await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            writer.close()

    servers = [
        await loop.create_server(Echo, "127.0.0.1", 0),
        await asyncio.start_server(stream_echo, "127.0.0.1", 0),
    ]
    addresses = [server.sockets[0].getsockname() for server in servers]
    peers = [_resets, _half_closes, _never_reads, _byte_by_byte, _vanishes]
    chosen = peers * 8
    rng.shuffle(chosen)
    await asyncio.gather(
        *(peer(asyncio, rng.choice(addresses), rng.random()) for peer in chosen)
    )
    for server in servers:
        server.close()
        await server.wait_closed()
    while not all(one.calls[-1] == "lost" for one in made):
        await asyncio.sleep(0.001)
    for one in made:
        assert one.calls.count("made") == one.calls.count("lost") == 1, one.calls
    assert not complaints, complaints


async def _connect(asyncio: Any, address: Any) -> socket.socket:
    peer = socket.socket()
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_connect(peer, address)
    return peer


async def _resets(asyncio: Any, address: Any, seed: float) -> None:
    own, loop = random.Random(seed), asyncio.get_running_loop()
    peer = await _connect(asyncio, address)
    for _ in range(own.randrange(4)):
        await loop.sock_sendall(peer, own.randbytes(own.choice([1, 9000])))
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    peer.close()


async def _half_closes(asyncio: Any, address: Any, seed: float) -> None:
    """All that was sent comes back after the peer has said that it is done."""
    own, loop = random.Random(seed), asyncio.get_running_loop()
    peer = await _connect(asyncio, address)
    sent = own.randbytes(own.choice([1, 5000, 60_000]))
    await loop.sock_sendall(peer, sent)
    peer.shutdown(socket.SHUT_WR)
    back = b""
    while data := await loop.sock_recv(peer, 4096):
        back += data
    assert back == sent, (len(back), len(sent))
    peer.close()


async def _never_reads(asyncio: Any, address: Any, seed: float) -> None:
    own, loop = random.Random(seed), asyncio.get_running_loop()
    peer = await _connect(asyncio, address)
    flood = asyncio.ensure_future(loop.sock_sendall(peer, bytes(3_000_000)))
    await asyncio.wait([flood], timeout=0.05 * own.random())
    flood.cancel()
    await asyncio.wait([flood])
    peer.close()


async def _byte_by_byte(asyncio: Any, address: Any, seed: float) -> None:
    own, loop = random.Random(seed), asyncio.get_running_loop()
    peer = await _connect(asyncio, address)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in own.randbytes(40):
        await loop.sock_sendall(peer, bytes([byte]))
        assert await loop.sock_recv(peer, 10) == bytes([byte])
    peer.close()


async def _vanishes(asyncio: Any, address: Any, seed: float) -> None:
    peer = await _connect(asyncio, address)
    peer.close()
