"""What newer Pythons have changed in asyncio, as the running one does it."""

import asyncio
import contextvars
import threading
from types import ModuleType
from typing import Any

import pytest

from tests.loops import open_loop
from tests.threads import Background

MODULE = "asyncio"


@pytest.mark.skipif(
    not hasattr(asyncio.events, "_ThreadSafeHandle"),
    reason="this Python's handles do not know of threads",
)
def test_a_handle_of_another_threads_is_not_cancelled_while_it_runs(
    impl: ModuleType,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended = []

    def callback() -> None:
        begun.set()
        go_on.wait()
        ended.append(True)
        loop.stop()

    with open_loop(impl) as loop:
        handle = loop.call_soon_threadsafe(callback)
        assert type(handle).__name__ == "_ThreadSafeHandle"
        running = Background(loop.run_forever)
        begun.wait()

        def cancel() -> bool:
            handle.cancel()
            return bool(ended)

        canceller = Background(cancel).parked()
        go_on.set()
        assert canceller.result() is True
        running.result()
        assert handle.cancelled()


def test_no_attribute_of_the_stock_loop_hides_one_of_ours(
    ours: ModuleType, theirs: ModuleType
) -> None:
    """Nor the other way round: what a newer Python adds could have our names."""
    stock = ours.SelectorEventLoop.__mro__[-1:0:-1]
    inherited = {
        name
        for cls in stock
        if cls.__module__.startswith("asyncio.")
        for name in vars(cls)
    }
    with open_loop(theirs) as loop:
        held = set(vars(loop))
    # What can be set stands for what the stock loop has under the same name.
    own = {
        name
        for cls in ours.SelectorEventLoop.__mro__
        if "ropewalk" in cls.__module__
        for name, value in vars(cls).items()
        if not hasattr(type(value), "__set__")
    }
    private = {name for name in own - inherited if not name.startswith("__")}
    assert private & held == set()


def test_a_thread_of_a_name_that_cannot_be_encoded_is_joined(
    impl: ModuleType,
) -> None:
    """Ours notes who is waited for, by name."""
    assert impl
    thread = threading.Thread(target=int, name="\udcff")
    thread.start()
    Background(thread.join).result()


def test_what_a_group_tells_the_loop_of_a_task(
    ours: ModuleType, theirs: ModuleType
) -> None:
    """A loop's own `create_task` sees what the standard library's group gives it."""
    context = contextvars.copy_context()

    class Loop(asyncio.SelectorEventLoop):
        def create_task(self, coro: Any, **named: Any) -> Any:
            told.append(sorted(named))
            return super().create_task(coro, **named)

    async def main(impl: ModuleType) -> None:
        async with impl.TaskGroup() as group:
            for named in ({}, {"name": "one"}, {"context": context}):
                await group.create_task(asyncio.sleep(0), **named)

    heard = []
    for impl in (theirs, ours):
        told: list[list[str]] = []
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(main(impl))
        heard.append(told[1:])
    assert heard[1] == heard[0]


@pytest.mark.parametrize("tasks", [0, 1])
def test_what_the_end_of_a_group_returns(
    ours: ModuleType, theirs: ModuleType, tasks: int
) -> None:
    async def main(impl: ModuleType) -> Any:
        group = impl.TaskGroup()
        await group.__aenter__()
        for _ in range(tasks):
            group.create_task(asyncio.sleep(0))
        return await group.__aexit__(None, None, None)

    assert asyncio.run(main(ours)) is asyncio.run(main(theirs))


@pytest.mark.skipif(
    not hasattr(asyncio.TaskGroup, "cancel"), reason="this Python's groups cannot"
)
@pytest.mark.parametrize("early", [True, False])
def test_a_group_that_is_cancelled(impl: ModuleType, early: bool) -> None:
    async def main() -> list[str]:
        told = []
        group = impl.TaskGroup()
        if early:
            group.cancel()
        async with group:
            if not early:
                group.create_task(asyncio.Event().wait())
                await asyncio.sleep(0)
                group.cancel()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append("cancelled")
                raise
        group.cancel()
        await asyncio.sleep(0)
        told.append("goes on")
        return told

    assert asyncio.run(main()) == ["cancelled", "goes on"]
