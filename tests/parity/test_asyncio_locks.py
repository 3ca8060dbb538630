"""Locks, semaphores, events: what a program sees besides the order of things."""

import asyncio
import gc
import inspect
import sys
import weakref
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"
PERMITS = ["Lock", "Semaphore", "BoundedSemaphore"]


@pytest.mark.parametrize("kind", PERMITS)
def test_acquire_and_async_with(impl: ModuleType, kind: str) -> None:
    async def main() -> None:
        permit = getattr(impl, kind)()
        assert not permit.locked()
        assert await permit.acquire() is True
        assert permit.locked()
        permit.release()
        async with permit as entered:
            assert entered is None
            assert permit.locked()
        assert not permit.locked()
        with pytest.raises(KeyError):
            async with permit:
                raise KeyError
        assert not permit.locked()

    asyncio.run(main())


def test_what_may_not_be_released(impl: ModuleType) -> None:
    with pytest.raises(RuntimeError, match=r"^Lock is not acquired\.$"):
        impl.Lock().release()
    with pytest.raises(ValueError, match=r"^BoundedSemaphore released too many times$"):
        impl.BoundedSemaphore(2).release()
    semaphore = impl.Semaphore(0)
    semaphore.release()
    assert semaphore._value == 1


@pytest.mark.parametrize("value", [-1, "1", None])
def test_values_that_are_refused(impl: ModuleType, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as raised:
        impl.Semaphore(value)
    if value == -1:
        assert str(raised.value) == "Semaphore initial value must be >= 0"


@pytest.mark.parametrize("value", [True, 1.5, 2**70])
def test_values_that_are_no_machine_number(impl: ModuleType, value: Any) -> None:
    async def main() -> None:
        for kind in ("Semaphore", "BoundedSemaphore"):
            semaphore = getattr(impl, kind)(value)
            assert semaphore._value == value
            async with semaphore:
                assert semaphore._value == value - 1
            assert semaphore._value == value

    asyncio.run(main())


@pytest.mark.parametrize("kind", PERMITS)
def test_calls_do_nothing_before_they_are_awaited(impl: ModuleType, kind: str) -> None:
    permit = getattr(impl, kind)()
    coroutine = permit.acquire()
    assert not permit.locked()
    coroutine.close()
    entering = permit.__aenter__()
    assert not permit.locked()
    entering.close()
    event = impl.Event()
    event.set()
    waiting = event.wait()
    event.clear()
    assert asyncio.run(asyncio.wait_for(_not_done(waiting), 60))


async def _not_done(coroutine: Any) -> bool:
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    waits = not task.done()
    task.cancel()
    return waits


@pytest.mark.parametrize("kind", PERMITS)
def test_a_subclass_overrides_methods(impl: ModuleType, kind: str) -> None:
    seen = []

    class Noting(getattr(impl, kind)):  # type: ignore[misc]
        async def acquire(self) -> Any:
            seen.append("acquire")
            return await super().acquire()

        def release(self) -> None:
            seen.append("release")
            super().release()

    async def main() -> None:
        permit = Noting()
        async with permit:
            assert permit.locked()
        assert not permit.locked()

    asyncio.run(main())
    assert seen == ["acquire", "release"]


@pytest.mark.parametrize("kind", [*PERMITS, "Event", "Condition"])
def test_shapes(impl: ModuleType, kind: str) -> None:
    cls = getattr(impl, kind)
    one: Any = cls()
    one.extra = 1
    assert one._loop is None
    name = "wait" if kind in ("Event", "Condition") else "acquire"
    assert inspect.iscoroutinefunction(getattr(cls, name))
    assert inspect.iscoroutinefunction(getattr(one, name))
    assert inspect.isfunction(getattr(cls, name))
    assert inspect.ismethod(getattr(one, name))
    assert str(inspect.signature(getattr(one, name))).startswith("()")
    assert isinstance(getattr(mock.create_autospec(cls), name), mock.AsyncMock)
    assert isinstance(getattr(mock.create_autospec(one), name), mock.AsyncMock)
    assert isinstance(getattr(mock.MagicMock(cls), name), mock.AsyncMock)
    with pytest.raises(TypeError, match=rf"{name}\(\) takes 1 positional arg"):
        getattr(one, name)(1)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        getattr(one, name)(blocking=True)
    with pytest.raises(TypeError):
        cls(loop=None)


def test_representations(impl: ModuleType) -> None:
    async def main() -> None:
        lock, event, semaphore = impl.Lock(), impl.Event(), impl.Semaphore(3)
        assert repr(lock).endswith(" [unlocked]>")
        assert repr(event).endswith(" [unset]>")
        assert repr(semaphore).endswith(" [unlocked, value:3]>")
        await lock.acquire()
        task = asyncio.create_task(lock.acquire())
        await asyncio.sleep(0)
        assert repr(lock).endswith(" [locked, waiters:1]>")
        assert "coro=<Lock.acquire() running at " in repr(task)
        lock.release()
        await task
        event.set()
        assert repr(event).endswith(" [set]>")
        assert repr(impl.Condition(lock)).endswith(" [locked]>")
        assert repr(impl.Barrier(2)).endswith(" [filling, waiters:0/2]>")

    asyncio.run(main())


def test_one_loop_only(impl: ModuleType) -> None:
    lock = impl.Lock()

    async def contend() -> None:
        async with lock:
            task = asyncio.create_task(lock.acquire())
            await asyncio.sleep(0)
            if task.done():
                await task
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(contend())
    with pytest.raises(RuntimeError, match=r"is bound to a different event loop$"):
        asyncio.run(contend())


def test_waiters_can_be_looked_at_and_replaced(impl: ModuleType) -> None:
    async def main() -> None:
        event = impl.Event()
        waiter = mock.Mock()
        waiter.done.return_value = False
        event._waiters.append(waiter)
        event.set()
        waiter.set_result.assert_called_once_with(True)
        lock = impl.Lock()
        assert not lock._waiters
        lock._locked = True
        assert lock.locked()

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["Lock", "Semaphore", "Event"])
def test_cycles_are_collected(impl: ModuleType, kind: str) -> None:
    cls = getattr(impl, kind)
    one = cls()
    one.itself = one
    one.method = one.wait if kind == "Event" else one.acquire
    if kind != "Event":
        one.entering = one.__aenter__
    reference = weakref.ref(one)
    del one
    gc.collect()
    assert reference() is None


def test_a_condition_over_another_lock(impl: ModuleType) -> None:
    async def main() -> None:
        lock = impl.Lock()
        condition = impl.Condition(lock)
        async with condition:
            assert lock.locked()
            assert condition.locked()
        with pytest.raises(RuntimeError, match=r"^cannot wait on un-acquired lock$"):
            await condition.wait()
        with pytest.raises(RuntimeError, match=r"^cannot notify on un-acquired lock$"):
            condition.notify()
        assert isinstance(impl.Condition()._lock, impl.Lock)

    asyncio.run(main())


def test_tracing(impl: ModuleType) -> None:
    async def main() -> None:
        lock = impl.Lock()
        async with lock:
            pass
        await lock.acquire()

    sys.settrace(lambda *_: None)
    try:
        asyncio.run(main())
    finally:
        sys.settrace(None)


def test_async_with_uses_a_method_of_the_instance(impl: ModuleType) -> None:
    async def main() -> None:
        lock = impl.Lock()
        lock.acquire = mock.AsyncMock()
        lock.release = mock.Mock()
        async with lock:
            pass
        lock.acquire.assert_awaited_once_with()

    asyncio.run(main())


@pytest.mark.differs(reason="it is a coroutine by collections.abc, not by its type")
def test_inspect_knows_the_coroutine(impl: ModuleType) -> None:
    coroutine = impl.Event().wait()
    try:
        assert inspect.iscoroutine(coroutine)
    finally:
        coroutine.close()
