"""Forks inside a running loop: the child makes its own, the parent goes on."""

import os
import random
import signal
import threading
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Forks from a task, from a callback and from another thread."""
    asyncio.run(_main(asyncio, rng))


def _child(asyncio: Any) -> None:
    """A whole life in the child: tasks, timers, sockets, a thread; then out."""
    signal.alarm(20)

    async def life() -> int:
        async def echo(reader: Any, writer: Any) -> None:
            writer.write(await reader.readexactly(3))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"abc")
        queue = asyncio.Queue()
        asyncio.get_running_loop().call_later(0.001, queue.put_nowait, 7)
        answer = await asyncio.gather(
            reader.read(), queue.get(), asyncio.to_thread(lambda: 5)
        )
        writer.close()
        server.close()
        return 0 if answer == [b"abc", 7, 5] else 3

    try:
        # The parent's loop is not running here, whoever asks.
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            status = asyncio.run(life())
        else:
            status = 4
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 5
    os._exit(status)


async def _main(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    rounds = 0
    children: list[int] = []

    async def echo(reader: Any, writer: Any) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())

    def fork() -> None:
        child = os.fork()
        if not child:
            _child(asyncio)
        children.append(child)

    async def work() -> None:
        nonlocal rounds
        while len(children) < 9:
            writer.write(b"%d\n" % rounds)
            assert await reader.readline() == b"%d\n" % rounds
            rounds += 1
            loop.call_later(0.0001, lambda: None)

    working = loop.create_task(work())
    for _ in range(3):
        fork()
        await asyncio.sleep(rng.random() / 100)
        loop.call_soon(fork)
        await asyncio.sleep(rng.random() / 100)
        thread = threading.Thread(target=fork)
        thread.start()
        await asyncio.to_thread(thread.join)
    await working
    for child in children:
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        assert status == 0, os.waitstatus_to_exitcode(status)
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
