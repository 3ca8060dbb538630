"""Cancels over queues, locks and streams: nothing is lost, nothing doubled."""

import random
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Queues first, locks, then streams."""
    for _ in range(3):
        asyncio.run(_queues(asyncio, rng))
        asyncio.run(_locks(asyncio, rng))
        asyncio.run(_streams(asyncio, rng))


async def _pester(asyncio: Any, rng: random.Random, tasks: list[Any]) -> None:
    """Cancels one task after the other, until none is left."""
    while left := [task for task in tasks if not task.done()]:
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        rng.choice(left).cancel()


async def _queues(asyncio: Any, rng: random.Random) -> None:
    kind = rng.choice([asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue])
    queue = kind(rng.choice([0, 1, 3]))
    put: list[int] = []
    got: list[int] = []
    fresh = iter(range(10**9))

    async def produce() -> None:
        while True:
            number = next(fresh)
            try:
                await queue.put(number)
            except asyncio.CancelledError:
                return
            put.append(number)

    async def consume() -> None:
        while True:
            try:
                got.append(await queue.get())
            except asyncio.CancelledError:
                return
            queue.task_done()
            await asyncio.sleep(0)

    async def consume_in_time() -> None:
        while True:
            try:
                got.append(await asyncio.wait_for(queue.get(), rng.choice([0, 0.001])))
            except asyncio.TimeoutError:
                continue
            except asyncio.CancelledError:
                return
            queue.task_done()
            await asyncio.sleep(0)

    # An unbounded queue never makes a producer wait: it needs an end.
    async def produce_some() -> None:
        for _ in range(20):
            number = next(fresh)
            await queue.put(number)
            put.append(number)
            await asyncio.sleep(0)

    bounded = queue.maxsize > 0
    work = [produce if bounded else produce_some, consume, consume_in_time]
    tasks = [asyncio.ensure_future(rng.choice(work)()) for _ in range(30)]
    tasks.append(asyncio.ensure_future(work[0]()))
    await _pester(asyncio, rng, tasks)
    while not queue.empty():
        got.append(queue.get_nowait())
        queue.task_done()
    # wait_for of 3.11 may drop an item that came in the turn of the cancellation.
    assert len(set(got)) == len(got)
    assert set(got) <= set(put) | set(got)
    await asyncio.wait_for(queue.join(), 10)
    queue.put_nowait(-1)
    assert queue.get_nowait() == -1


async def _locks(asyncio: Any, rng: random.Random) -> None:
    lock, semaphore = asyncio.Lock(), asyncio.Semaphore(2)
    condition = asyncio.Condition()
    inside = {"lock": 0, "semaphore": 0, "condition": 0}

    async def hold(name: str, one: Any, most: int) -> None:
        while True:
            async with one:
                inside[name] += 1
                try:
                    assert inside[name] <= most, name
                    await asyncio.sleep(0)
                finally:
                    inside[name] -= 1

    async def wait() -> None:
        while True:
            async with condition:
                await condition.wait()
                inside["condition"] += 1
                assert inside["condition"] == 1
                inside["condition"] -= 1

    async def notify() -> None:
        while True:
            async with condition:
                condition.notify(rng.choice([1, 2]))
            await asyncio.sleep(0)

    tasks = [asyncio.ensure_future(hold("lock", lock, 1)) for _ in range(10)]
    tasks += [asyncio.ensure_future(hold("semaphore", semaphore, 2)) for _ in range(10)]
    tasks += [asyncio.ensure_future(work()) for work in [wait, notify] * 5]
    await _pester(asyncio, rng, tasks)
    for task in tasks:
        assert task.cancelled(), task
    assert not lock.locked()
    assert not condition.locked()
    for _ in range(2):
        await asyncio.wait_for(semaphore.acquire(), 10)
    assert semaphore.locked()


async def _streams(asyncio: Any, rng: random.Random) -> None:
    """A reader that is cancelled finds the very next byte when it comes back."""
    size = 200_000
    sent = rng.randbytes(size)

    async def pour(reader: Any, writer: Any) -> None:
        at = 0
        while at < size:
            step = rng.choice([1, 10, 5000, 70_000])
            writer.write(sent[at : at + step])
            at += step
            await writer.drain()
            if rng.random() < 0.3:
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    back = bytearray()
    ended = False

    async def read() -> None:
        nonlocal ended
        while not ended:
            wanted = rng.choice([1, 3, 1000])
            try:
                back.extend(await reader.readexactly(wanted))
            except asyncio.IncompleteReadError as error:
                back.extend(error.partial)
                ended = True

    while not ended:
        task = asyncio.ensure_future(read())
        for _ in range(rng.randrange(60)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None, task
    assert bytes(back) == sent, (len(back), size)
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
