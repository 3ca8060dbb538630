"""blockbuster raises where a coroutine blocks its loop, and not in other threads."""

import asyncio
import queue
import socket
import time
from collections.abc import Callable
from typing import Any

from blockbuster import BlockingError, blockbuster_ctx


def sleeps() -> None:
    time.sleep(0.001)


def receives() -> None:
    one, other = socket.socketpair()
    with one, other:
        other.send(b"x")
        one.recv(1)


def gets() -> None:
    few: queue.Queue[int] = queue.Queue()
    few.put(1)
    few.get()


def writes() -> None:
    with open("/dev/null", "w") as file:
        file.write("x")


async def tries(program: Callable[[], Any]) -> str:
    try:
        program()
    except BlockingError as error:
        return str(error)
    return "no word"


async def main() -> None:
    for program in (sleeps, receives, gets, writes):
        print(program.__name__, await tries(program))
    await asyncio.to_thread(sleeps)
    await asyncio.sleep(0.001)
    loop = asyncio.get_running_loop()
    print(await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    async with server:
        where = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*where)
        print(await reader.read())
        writer.close()
        await writer.wait_closed()


with blockbuster_ctx():
    asyncio.run(main())
