"""websockets: many clients, large messages, pings, both ends closing."""

import asyncio
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK


async def _echo(connection: Any) -> None:
    async for message in connection:
        if message == "close":
            await connection.close(1011, "as asked")
            return
        await connection.send(message)


async def main() -> None:
    """A server and its clients in one loop."""
    async with serve(_echo, "127.0.0.1", 0, max_size=2**24) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(_client(port, number) for number in range(30)))
        async with connect(f"ws://127.0.0.1:{port}") as one:
            await one.send("close")
            try:
                await one.recv()
            except ConnectionClosedError as error:
                assert error.rcvd is not None
                assert error.rcvd.code == 1011
            else:
                raise AssertionError("it was not closed")
        # Left open: the server closes it, with "going away".
        open_one = await connect(f"ws://127.0.0.1:{port}")
        waiting = asyncio.ensure_future(open_one.recv())
        await asyncio.sleep(0)
    try:
        await waiting
    except ConnectionClosedOK as error:
        assert error.rcvd is not None
        assert error.rcvd.code == 1001
    else:
        raise AssertionError("the server did not close it")


async def _client(port: int, number: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}", max_size=2**24) as one:
        for turn in range(20):
            await one.send(f"{number} {turn}")
            assert await one.recv() == f"{number} {turn}"
        await (await one.ping())
        large = bytes([number]) * 1_000_000
        await one.send(large)
        assert await one.recv() == large
        try:
            await asyncio.wait_for(one.recv(), 0.01)
        except TimeoutError:
            pass
        else:
            raise AssertionError("nothing was to come")
