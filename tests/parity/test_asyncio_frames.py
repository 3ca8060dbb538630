"""Whoever follows what a waiting task awaits meets the functions that asyncio has."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable
from types import FrameType, ModuleType
from typing import Any

import pytest

MODULE = "asyncio"


async def _lock(impl: ModuleType) -> None:
    lock = impl.Lock()
    await lock.acquire()
    async with lock:
        pass


async def _semaphore(impl: ModuleType) -> None:
    async with impl.Semaphore(0):
        pass


async def _condition(impl: ModuleType) -> None:
    condition = impl.Condition()
    async with condition:
        await condition.wait_for(lambda: False)


async def _event(impl: ModuleType) -> None:
    await impl.Event().wait()


async def _barrier(impl: ModuleType) -> None:
    async with impl.Barrier(2):
        pass


async def _get(impl: ModuleType) -> None:
    await impl.Queue().get()


async def _join(impl: ModuleType) -> None:
    queue = impl.Queue()
    queue.put_nowait(1)
    await queue.join()


async def _sleep(impl: ModuleType) -> None:
    await impl.sleep(1000)


async def _wait(impl: ModuleType) -> None:
    await impl.wait([asyncio.get_running_loop().create_future()])


async def _group(impl: ModuleType) -> None:
    async with impl.TaskGroup() as group:
        group.create_task(asyncio.sleep(1000))


def _reading(read: Callable[[Any], Awaitable[Any]]) -> Any:
    async def reads(impl: ModuleType) -> None:
        near, far = socket.socketpair()
        with near:
            reader, writer = await impl.open_connection(sock=far)
            try:
                await read(reader)
            finally:
                writer.close()
                await writer.wait_closed()

    return reads


WAYS = {
    "lock": _lock,
    "semaphore": _semaphore,
    "condition": _condition,
    "event": _event,
    "barrier": _barrier,
    "get": _get,
    "join": _join,
    "sleep": _sleep,
    "wait": _wait,
    "group": _group,
    "read": _reading(lambda reader: reader.read(5)),
    "readline": _reading(lambda reader: reader.readline()),
    "readexactly": _reading(lambda reader: reader.readexactly(5)),
    "readuntil": _reading(lambda reader: reader.readuntil(b"x")),
    "next": _reading(lambda reader: anext(aiter(reader))),
}


def _check_owner(frame: FrameType) -> None:
    """Call graphs ask a frame for its coroutine, at any time, from 3.14 on."""
    gc.collect()
    if hasattr(frame, "f_generator"):
        assert frame.f_generator.cr_code.co_name == frame.f_code.co_name


def _chain(awaited: Any) -> list[str]:
    """The functions whose coroutines wait, from the outermost inwards."""
    names = []
    while hasattr(awaited, "cr_await"):
        assert awaited.cr_frame.f_code.co_name == awaited.cr_code.co_name
        assert awaited.__name__ == awaited.cr_code.co_name
        assert not awaited.cr_running
        _check_owner(awaited.cr_frame)
        names.append(awaited.cr_code.co_name)
        awaited = awaited.cr_await
    return names


async def _seen(impl: ModuleType, way: Any) -> list[str]:
    task = asyncio.create_task(way(impl))
    while not task._fut_waiter:  # type: ignore[attr-defined]
        await asyncio.sleep(0)
    # A connection takes turns until it reads.
    for _ in range(5):
        await asyncio.sleep(0)
    names = _chain(task.get_coro())
    task.cancel()
    await asyncio.wait([task])
    return names


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_functions_that_wait_are_asyncios(
    theirs: ModuleType, ours: ModuleType, way: Any
) -> None:
    expected = asyncio.run(_seen(theirs, way))
    assert asyncio.run(_seen(ours, way)) == expected
    assert len(expected) > 1
