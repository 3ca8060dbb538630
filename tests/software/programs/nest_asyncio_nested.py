"""nest_asyncio, as in a notebook: loops that are run within running coroutines."""

import asyncio
from typing import Any

import nest_asyncio

from tests.software.driver import Factory, prove


def run(factory: Factory) -> None:
    """A loop runs, and within it cells that run it again."""
    loop = factory() if factory is not None else asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    nest_asyncio.apply(loop)
    try:
        loop.run_until_complete(_outer())
    finally:
        loop.close()
        asyncio.set_event_loop(None)


async def _outer() -> None:
    prove()
    for depth in range(4):
        assert asyncio.run(_nested(depth)) == depth


async def _nested(depth: int) -> int:
    if depth:
        loop = asyncio.get_running_loop()
        return 1 + int(loop.run_until_complete(_nested(depth - 1)))
    await asyncio.gather(*(asyncio.sleep(0.001 * n) for n in range(10)))
    try:
        await asyncio.wait_for(asyncio.sleep(1000), 0.005)
    except TimeoutError:
        await _streams()
        return 0
    raise AssertionError("no time-out")


async def _streams() -> None:
    async def echo(reader: Any, writer: Any) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.read() == b"hello\n"
    writer.close()
    server.close()
