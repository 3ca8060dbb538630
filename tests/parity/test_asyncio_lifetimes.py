"""What a wait was for is freed when the wait is over, without the collector."""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest

from tests.loops import run

MODULE = "asyncio"


class Thing:
    """What is waited for refers to it."""


async def forever(thing: Any) -> None:
    await asyncio.get_running_loop().create_future()


async def stubborn(thing: Any) -> Any:
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        return thing


async def cancelled(coroutine: Any) -> None:
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def swallowed(coroutine: Any) -> None:
    with contextlib.suppress(Exception):
        await coroutine


async def limited(impl: ModuleType, coroutine: Any) -> None:
    async with impl.timeout(0.001):
        await coroutine


Case = Callable[[ModuleType, Any], Coroutine[Any, Any, None]]
CASES: dict[str, Case] = {
    "wait_for cancelled": lambda impl, x: cancelled(impl.wait_for(forever(x), 10)),
    "wait_for stubborn": lambda impl, x: cancelled(impl.wait_for(stubborn(x), 10)),
    "wait_for without end": lambda impl, x: cancelled(impl.wait_for(forever(x), None)),
    "wait_for late": lambda impl, x: swallowed(impl.wait_for(forever(x), 0.001)),
    "wait_for at once": lambda impl, x: swallowed(impl.wait_for(forever(x), 0)),
    "timeout late": lambda impl, x: swallowed(limited(impl, forever(x))),
    "sleep cancelled": lambda impl, x: cancelled(impl.sleep(10, x)),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_left_for_the_collector(impl: ModuleType, case: str) -> None:
    async def main() -> None:
        gc.collect()
        gc.disable()
        try:
            thing = Thing()
            gone = weakref.ref(thing)
            coroutine = CASES[case](impl, thing)
            del thing
            await coroutine
            del coroutine
            for _ in range(5):
                await asyncio.sleep(0)
            assert gone() is None
        finally:
            gc.enable()

    run(impl, main)


def a_future(_loop: asyncio.AbstractEventLoop) -> Any:
    return asyncio.get_running_loop().create_future()


def a_call_in_a_thread(loop: asyncio.AbstractEventLoop) -> Any:
    return loop.run_in_executor(None, int)


def a_call_from_another_thread(loop: asyncio.AbstractEventLoop) -> Any:
    done = loop.create_future()
    loop.run_in_executor(None, loop.call_soon_threadsafe, done.set_result, 1)
    return done


def a_task_and_a_timer(loop: asyncio.AbstractEventLoop) -> Any:
    loop.call_later(1000, loop.stop)
    return loop.create_task(asyncio.sleep(0.001))


USES = (a_future, a_call_in_a_thread, a_call_from_another_thread, a_task_and_a_timer)


@pytest.mark.parametrize("use", USES)
def test_a_closed_loop_is_freed_without_the_collector(
    impl: ModuleType, use: Callable[[asyncio.AbstractEventLoop], Any]
) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> None:
        future = use(loop)
        if use is a_future:
            future.set_result(None)
        await future

    gc.collect()
    gc.disable()
    try:
        loop = impl.new_event_loop()
        loop.run_until_complete(main(loop))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        gone = weakref.ref(loop)
        del loop
        assert gone() is None
    finally:
        gc.enable()


def test_a_closed_loop_makes_futures_and_is_freed(impl: ModuleType) -> None:
    gc.collect()
    gc.disable()
    try:
        loop = impl.new_event_loop()
        loop.create_future()
        loop.close()
        future = loop.create_future()
        assert future.get_loop() is loop
        loop._closed = False
        assert loop.create_future().get_loop() is loop
        loop._closed = True
        gone = weakref.ref(loop)
        del loop, future
        assert gone() is None
    finally:
        gc.enable()
