"""Ctrl-C in each kind of wait: it ends at once, and everything is cleaned up."""

import os
import random
import signal
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Each wait once, in an order that chance decides."""
    here, there = socket.socketpair()
    here.setblocking(False)
    leave = threading.Event()
    waits: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "sleep": lambda: asyncio.sleep(1000),
        "future": lambda: _future(asyncio),
        "queue": lambda: asyncio.Queue().get(),
        "event": lambda: asyncio.Event().wait(),
        "lock": lambda: _lock(asyncio),
        "condition": lambda: _condition(asyncio),
        "gather": lambda: _gather(asyncio),
        "group": lambda: _group(asyncio),
        "wait_for": lambda: asyncio.wait_for(asyncio.Event().wait(), 1000),
        "timeout": lambda: _timeout(asyncio),
        "sock_recv": lambda: asyncio.get_running_loop().sock_recv(here, 10),
        "stream": lambda: _stream(asyncio, here),
        "process": lambda: _process(asyncio),
        "thread": lambda: asyncio.to_thread(leave.wait, 0.05),
    }
    names = list(waits)
    rng.shuffle(names)
    for name in names:
        _interrupt(asyncio, name, waits[name])
    here.close()
    there.close()


def _interrupt(
    asyncio: Any, name: str, wait: Callable[[], Coroutine[Any, Any, Any]]
) -> None:
    cleaned: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        # Two turns later main() waits, and the loop sleeps or soon will.
        loop.call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        try:
            await wait()
        finally:
            cleaned.append(name)

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError(f"{name} was not interrupted")
    assert cleaned == [name]


async def _future(asyncio: Any) -> None:
    await asyncio.get_running_loop().create_future()


async def _lock(asyncio: Any) -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    async with lock:
        raise AssertionError("it is held")


async def _condition(asyncio: Any) -> None:
    condition = asyncio.Condition()
    async with condition:
        await condition.wait()


async def _gather(asyncio: Any) -> None:
    await asyncio.gather(asyncio.sleep(1000), asyncio.Event().wait())


async def _group(asyncio: Any) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(1000))
        group.create_task(asyncio.Queue().get())


async def _timeout(asyncio: Any) -> None:
    async with asyncio.timeout(1000):
        await asyncio.Event().wait()


async def _stream(asyncio: Any, sock: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=sock.dup())
    try:
        await reader.readexactly(10)
    finally:
        writer.close()
        await writer.wait_closed()


async def _process(asyncio: Any) -> None:
    child = await asyncio.create_subprocess_exec("/bin/sleep", "1000")
    try:
        await child.wait()
    finally:
        # The terminal's Ctrl-C would reach it; ours went to this process only.
        child.kill()
        await child.wait()
