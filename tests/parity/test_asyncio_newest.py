"""What newer Pythons have changed in asyncio, as the running one does it."""

import asyncio
import contextlib
import contextvars
import gc
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.loops import open_loop
from tests.threads import Background

MODULE = "asyncio"


knows_threads = pytest.mark.skipif(
    not hasattr(asyncio.events, "_ThreadSafeHandle"),
    reason="this Python's handles do not know of threads",
)

modes = pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])


@contextlib.contextmanager
def _running(impl: ModuleType, debug: bool) -> Iterator[Any]:
    """A loop of another thread, its callback, the handle, and what has happened."""
    begun, go_on = threading.Event(), threading.Event()
    happened: list[str] = []

    def callback() -> None:
        begun.set()
        go_on.wait()
        happened.append("ended")
        loop.stop()

    with open_loop(impl) as loop:
        loop.set_debug(debug)
        loop.slow_callback_duration = 1000
        handle: Any = loop.call_soon_threadsafe(callback)
        running = Background(loop.run_forever)
        begun.wait()
        try:
            yield handle, go_on.set, happened
        finally:
            go_on.set()
            running.result()


@knows_threads
@modes
@pytest.mark.parametrize("ask", ["cancel", "cancelled"])
def test_a_handle_of_another_threads_says_nothing_while_it_runs(
    impl: ModuleType, debug: bool, ask: str
) -> None:
    with _running(impl, debug) as (handle, go_on, happened):
        assert isinstance(handle, asyncio.events._ThreadSafeHandle)  # type: ignore[attr-defined]
        assert type(handle).__name__ == "_ThreadSafeHandle"

        def answered() -> list[str]:
            getattr(handle, ask)()
            return list(happened)

        asking = Background(answered).parked()
        go_on()
        assert asking.result() == ["ended"]
    assert handle.cancelled() is (ask == "cancel")


@knows_threads
@modes
def test_the_lock_of_a_handle_is_held_while_it_runs(
    impl: ModuleType, debug: bool
) -> None:
    with _running(impl, debug) as (handle, go_on, happened):
        lock = handle._lock
        assert not lock.acquire(blocking=False)

        def held() -> list[str]:
            with lock:
                return list(happened)

        waiting = Background(held).parked()
        go_on()
        assert waiting.result() == ["ended"]
    assert lock.acquire(blocking=False)
    lock.release()


@knows_threads
@modes
def test_who_holds_the_lock_of_a_handle_may_still_cancel_it(
    impl: ModuleType, debug: bool
) -> None:
    """The loop waits for the lock, and finds that there is nothing to run any more."""
    called: list[str] = []
    with open_loop(impl) as loop:
        loop.set_debug(debug)
        handle: Any = loop.call_soon_threadsafe(called.append, "called")
        loop.call_soon_threadsafe(loop.stop)
        with handle._lock:
            running = Background(loop.run_forever).parked()
            handle.cancel()
        running.result()
    assert called == []
    assert handle.cancelled()


@knows_threads
@modes
def test_a_callback_asks_and_cancels_its_own_handle(
    impl: ModuleType, debug: bool
) -> None:
    seen: list[bool] = []

    def callback() -> None:
        seen.append(handle.cancelled())
        handle.cancel()
        seen.append(handle.cancelled())
        loop.stop()

    with open_loop(impl) as loop:
        loop.set_debug(debug)
        handle: Any = loop.call_soon_threadsafe(callback)
        loop.run_forever()
    assert seen == [False, True]


@knows_threads
def test_whoever_waits_for_a_handle_is_told_also_when_it_fails(
    impl: ModuleType,
) -> None:
    told: list[str] = []

    def failing() -> None:
        raise ValueError

    with open_loop(impl) as loop:
        loop.set_exception_handler(lambda loop, context: told.append(str(context)))
        handle: Any = loop.call_soon_threadsafe(failing)
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
        assert "ValueError" in told[0] and "failing" in told[0]
        assert handle._lock.acquire(blocking=False)
        handle._lock.release()
        handle._run()
        assert len(told) == 2
        handle.cancel()
        handle._run()
        assert len(told) == 2


@knows_threads
def test_what_a_cancelled_handle_lets_go_of_may_use_it(impl: ModuleType) -> None:
    seen: list[bool] = []

    class Guest:
        def __call__(self) -> None:
            """It is not called."""

        def __del__(self) -> None:
            seen.append(handle.cancelled())

    with open_loop(impl) as loop:
        handle: Any = loop.call_soon_threadsafe(Guest())
        handle.cancel()
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
    assert seen == [True]


@knows_threads
def test_a_lock_of_a_programs_own_guards_a_handle(impl: ModuleType) -> None:
    uses: list[str] = []

    class Own:
        def __enter__(self) -> None:
            uses.append("enter")

        def __exit__(self, *exception: object) -> None:
            uses.append("exit")

    with open_loop(impl) as loop:
        handle: Any = loop.call_soon_threadsafe(uses.append, "called")
        handle._lock = Own()
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
        handle.cancel()
    assert uses == ["enter", "called", "exit", "enter", "exit"]


@knows_threads
def test_a_cycle_through_the_lock_of_a_handle_is_collected(impl: ModuleType) -> None:
    class Own(list[Any]):
        """A lock that is never taken."""

    with open_loop(impl) as loop:
        handle: Any = loop.call_soon_threadsafe(int)
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
        handle._lock = own = Own()
        own.append(handle)
        gone = weakref.ref(own)
        del handle, own
        gc.collect()
        assert gone() is None


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


@knows_threads
def test_a_lock_that_is_put_into_a_handle_is_the_one_that_is_held(
    impl: ModuleType,
) -> None:
    happened: list[str] = []

    class Noting:
        def __enter__(self) -> None:
            happened.append("taken")

        def __exit__(self, *error: object) -> None:
            happened.append("given back")

    with open_loop(impl) as loop:
        handle: Any = loop.call_soon_threadsafe(happened.append, "runs")
        handle._lock = Noting()
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
    assert happened == ["taken", "runs", "given back"]


@knows_threads
def test_the_lock_of_a_handle_outlives_what_the_loop_knows_of_it(
    impl: ModuleType,
) -> None:
    with open_loop(impl) as loop:
        handle: Any = loop.call_soon_threadsafe(loop.stop)
        lock = handle._lock
        loop.run_forever()
    del handle, loop
    gc.collect()
    with lock, lock:
        assert not Background(lambda: lock.acquire(blocking=False)).result()
    with pytest.raises(RuntimeError):
        lock.release()
