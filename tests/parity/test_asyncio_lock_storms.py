"""Tasks wait at locks and queues while others are cancelled: all in the same order.

Promise: with the same seed, the classes take the same steps in the same turns as the
running Python's; and nobody is left waiting for what is free.
"""

import asyncio
import random
import weakref
from types import ModuleType
from typing import Any

import pytest
from ropewalk import asyncio as ours

from tests import implementations

MODULE = "asyncio"
SEEDS = range(12)


def _storm(module: Any, kind: str, seed: int) -> list[Any]:
    """What happens, step by step."""
    rng = random.Random(seed)
    log: list[Any] = []

    async def main() -> None:
        thing = _make(module, kind)
        inside = 0

        async def visit(number: int) -> None:
            nonlocal inside
            for step in range(6):
                log.append((number, step, "asks"))
                try:
                    async with thing:
                        inside += 1
                        log.append((number, step, "in", inside))
                        try:
                            await _stay(thing, kind, rng)
                        finally:
                            inside -= 1
                except asyncio.CancelledError:
                    log.append((number, step, "cancelled"))
                    if rng.random() < 0.5:
                        raise
                log.append((number, step, "out"))
                if rng.random() < 0.3:
                    await asyncio.sleep(0)

        tasks = [asyncio.create_task(visit(number)) for number in range(6)]
        turns = 0
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            turns += 1
            assert turns < 10_000, "somebody waits for what is free"
            if rng.random() < 0.4:
                victim = rng.randrange(len(tasks))
                log.append(("cancel", victim, tasks[victim].cancel()))
            if kind == "Condition" and not thing.locked() and rng.random() < 0.7:
                async with thing:
                    thing.notify(rng.choice([1, 2, 6]))
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not thing.locked()
        log.append((turns, getattr(thing, "_value", None), len(thing._waiters or ())))

    asyncio.run(main())
    return log


def _make(module: Any, kind: str) -> Any:
    if kind in ("Semaphore", "BoundedSemaphore"):
        return getattr(module, kind)(2)
    return getattr(module, kind)()


async def _stay(thing: Any, kind: str, rng: random.Random) -> None:
    if kind == "Condition" and rng.random() < 0.5:
        await thing.wait()
    for _ in range(rng.randrange(3)):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["Lock", "Semaphore", "BoundedSemaphore", "Condition"])
def test_locks(impl: ModuleType, kind: str, seed: int) -> None:
    assert _storm(impl, kind, seed) == _storm(asyncio, kind, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_events(impl: ModuleType, seed: int) -> None:
    assert _events(impl, seed) == _events(asyncio, seed)


def _events(module: Any, seed: int) -> list[Any]:
    rng = random.Random(seed)
    log: list[Any] = []

    async def main() -> None:
        event = module.Event()

        async def watch(number: int) -> None:
            for step in range(8):
                try:
                    log.append((number, step, await event.wait()))
                except asyncio.CancelledError:
                    log.append((number, step, "cancelled"))
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(watch(number)) for number in range(5)]
        while not all(task.done() for task in tasks):
            action = rng.randrange(4)
            if action == 0:
                event.set()
            elif action == 1:
                event.clear()
            elif action == 2:
                log.append(tasks[rng.randrange(5)].cancel())
            await asyncio.sleep(0)
        log.append(len(event._waiters))

    asyncio.run(main())
    return log


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("looked_at", [False, True])
def test_queues(impl: ModuleType, seed: int, looked_at: bool) -> None:
    assert _queues(impl, seed, looked_at) == _queues(asyncio, seed, looked_at)


def _queues(module: Any, seed: int, looked_at: bool) -> list[Any]:
    rng = random.Random(seed)
    log: list[Any] = []

    async def main() -> None:
        kind = rng.choice(["Queue", "LifoQueue", "PriorityQueue"])
        q = getattr(module, kind)(rng.choice([1, 2]))
        if looked_at:
            assert not q._queue
            assert not q._getters
            assert not q._putters

        async def put(number: int) -> None:
            for step in range(8):
                try:
                    await q.put(10 * step + number)
                    log.append((number, step, "put", q.qsize()))
                except asyncio.CancelledError:
                    log.append((number, step, "not put"))

        async def get(number: int) -> None:
            for step in range(8):
                try:
                    log.append((number, step, "got", await q.get(), q.qsize()))
                except asyncio.CancelledError:
                    log.append((number, step, "not got"))

        tasks = [asyncio.create_task(put(number)) for number in range(3)]
        tasks += [asyncio.create_task(get(number)) for number in range(3)]
        for _ in range(200):
            await asyncio.sleep(0)
            if rng.random() < 0.4:
                log.append(tasks[rng.randrange(6)].cancel())
        log.append((q.qsize(), len(q._getters), len(q._putters)))
        for task in tasks:
            while not task.done():
                task.cancel()
                await asyncio.sleep(0)

    asyncio.run(main())
    return log


def test_an_item_dies_with_whoever_took_it(impl: ModuleType) -> None:
    class Item:
        pass

    async def main() -> None:
        q = impl.Queue()
        for _ in range(3):
            await q.put(Item())
            item = await q.get()
            seen = weakref.ref(item)
            del item
            assert seen() is None

    asyncio.run(main())


def test_an_exception_that_tells_a_result_keeps_it(impl: ModuleType) -> None:
    q = impl.Queue()
    told = []
    for number in range(3):
        q.put_nowait([number])
        with pytest.raises(StopIteration) as caught:
            q.get().send(None)
        told.append(caught.value)
        q.put_nowait([number])
        with pytest.raises(StopIteration) as caught:
            next(q.get().__await__())
        told.append(caught.value)
    assert [stop.value for stop in told] == [[0], [0], [1], [1], [2], [2]]
    assert [stop.args for stop in told] == [(stop.value,) for stop in told]


@pytest.mark.skipif(implementations.STDLIB_ONLY, reason="not before Python 3.13")
@pytest.mark.parametrize("immediate", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_shutdown_in_the_middle(seed: int, immediate: bool) -> None:
    rng = random.Random(seed)
    put: list[int] = []
    got: list[int] = []

    async def main() -> None:
        kind = rng.choice([ours.Queue, ours.LifoQueue, ours.PriorityQueue])
        q: Any = kind(rng.choice([0, 1, 3]))

        async def produce(number: int) -> None:
            item = 1000 * number
            while True:
                try:
                    await q.put(item)
                    put.append(item)
                    item += 1
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    # What was not put in is tried again.
                    continue

        async def consume() -> None:
            while True:
                try:
                    item = await q.get()
                except asyncio.CancelledError:
                    continue
                got.append(item)
                q.task_done()

        tasks = [asyncio.create_task(produce(number)) for number in range(3)]
        tasks += [asyncio.create_task(consume()) for _ in range(rng.choice([1, 4]))]
        joining = asyncio.create_task(q.join())
        await asyncio.sleep(0)  # A task that has not begun does not catch anything.
        for _ in range(rng.randrange(60)):
            await asyncio.sleep(0)
            if rng.random() < 0.3:
                tasks[rng.randrange(len(tasks))].cancel()
        q.shutdown(immediate)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [ours.QueueShutDown] * len(ends)
        await joining
        assert q.empty()
        assert q._unfinished_tasks == 0
        assert not q._getters
        assert not q._putters

    asyncio.run(main())
    assert len(set(got)) == len(got)
    assert set(got) <= set(put)
    if not immediate:
        assert set(got) == set(put)
