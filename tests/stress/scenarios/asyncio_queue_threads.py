"""Threads and tasks at one queue: cancelled, shut down, forked; nothing is lost."""

import os
import random
import threading
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = False  # it has no threadsafe end

COUNT = 60


def run(asyncio: Any, rng: random.Random) -> None:
    """Five queues, one after the other."""
    for _ in range(5):
        asyncio.run(_one(asyncio, rng))


async def _one(asyncio: Any, rng: random.Random) -> None:
    kind = rng.choice([asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue])
    q = kind(rng.choice([0, 1, 3]))
    end = q.threadsafe
    shut_down = _shut_down_of(q)
    put: list[list[int]] = [[] for _ in range(4)]
    got: list[list[int]] = [[] for _ in range(4)]

    def produce(number: int) -> None:
        for item in range(1000 * number, 1000 * number + COUNT):
            end.put(item)
            put[number].append(item)

    async def produce_too(number: int) -> None:
        item = 1000 * number
        while len(put[number]) < COUNT:
            try:
                await q.put(item)
            except asyncio.CancelledError:
                continue
            put[number].append(item)
            item += 1

    def consume(number: int) -> None:
        try:
            while True:
                got[number].append(end.get())
        except shut_down:
            return

    async def consume_too(number: int) -> None:
        while True:
            try:
                got[number].append(await q.get())
            except asyncio.CancelledError:
                continue
            except shut_down:
                return

    threads = [threading.Thread(target=produce, args=(n,)) for n in (0, 1)]
    threads += [threading.Thread(target=consume, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    makers = [asyncio.create_task(produce_too(n)) for n in (2, 3)]
    eaters = [asyncio.create_task(consume_too(n)) for n in (2, 3)]
    await asyncio.sleep(0)  # A task that has not begun does not catch anything.
    while not all(task.done() for task in makers):
        if rng.random() < 0.2:
            rng.choice(makers + eaters).cancel()
        if rng.random() < 0.02:
            _fork(q)
        await asyncio.sleep(rng.choice([0, 0.0002]))
    for thread in threads[:2]:
        await asyncio.to_thread(thread.join)
    q.shutdown()
    await asyncio.gather(*eaters)
    for thread in threads[2:]:
        await asyncio.to_thread(thread.join)
    items = sorted(item for items in got for item in items)
    assert items == sorted(item for items in put for item in items)
    assert len(items) == 4 * COUNT
    assert q.empty()


def _shut_down_of(q: Any) -> type[Exception]:
    """The class that this Python's queues raise when they are shut down."""
    other = type(q)()
    other.shutdown()
    try:
        other.get_nowait()
    except Exception as error:
        return type(error)
    raise AssertionError("nothing was raised")


def _fork(q: Any) -> None:
    """A child looks at the queue and leaves; the parent goes on."""
    child = os.fork()
    if child == 0:
        try:
            type(q)().put_nowait(1)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
