"""Random programs of tasks take the same steps with both implementations.

Each program is made from a seed, runs on a loop of the standard library's, and keeps a
log of what every task did and saw, in order. The logs have to be equal: nothing is
lost, and nobody overtakes.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"
SEEDS = range(25)
Log = list[tuple[Any, ...]]
Act = Callable[[random.Random, Any, Callable[..., None], int], Awaitable[None]]


async def queue_act(
    rng: random.Random, q: Any, note: Callable[..., None], step: int
) -> None:
    match rng.randrange(8):
        case 0 | 1:
            await q.put(rng.randrange(100))
            note("put")
        case 2 | 3 | 4:
            note("got", await q.get())
        case 5:
            try:
                q.put_nowait(rng.randrange(100))
            except asyncio.QueueFull:
                note("full")
        case 6:
            try:
                note("took", q.get_nowait())
            except asyncio.QueueEmpty:
                note("empty")
        case _:
            if q._unfinished_tasks:
                q.task_done()
            await asyncio.sleep(0)
    note(q.qsize(), q.empty(), q.full(), len(q._getters), len(q._putters))


async def permit_act(
    rng: random.Random, permit: Any, note: Callable[..., None], step: int
) -> None:
    if rng.randrange(3):
        async with permit:
            note("in", permit.locked())
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
    else:
        note("took", await permit.acquire())
        await asyncio.sleep(0)
        permit.release()
    note("out", permit.locked(), len(permit._waiters or ()))


async def event_act(
    rng: random.Random, event: Any, note: Callable[..., None], step: int
) -> None:
    match rng.randrange(4):
        case 0:
            event.set()
        case 1:
            event.clear()
            await asyncio.sleep(0)
        case _:
            note("waited", await event.wait())
    note(event.is_set(), len(event._waiters))


async def condition_act(
    rng: random.Random, condition: Any, note: Callable[..., None], step: int
) -> None:
    async with condition:
        match rng.randrange(4):
            case 0:
                condition.notify(rng.randrange(3))
            case 1:
                condition.notify_all()
                await asyncio.sleep(0)
            case 2:
                note("waited", await condition.wait())
            case _:
                left = [rng.randrange(3)]

                def done() -> bool:
                    left[0] -= 1
                    return left[0] < 0

                note("held", await condition.wait_for(done))
    note(condition.locked(), len(condition._waiters))


def run(make: Callable[[], Any], act: Act, seed: int) -> Log:
    """The log of one program, in which tasks are cancelled now and then."""
    rng = random.Random(seed)
    log: Log = []
    subject: Any = None

    async def work(name: int) -> None:
        own = random.Random(rng.random())

        def note(*what: Any) -> None:
            log.append((name, *what))

        try:
            for step in range(12):
                await act(own, subject, note, step)
        except asyncio.CancelledError as error:
            note("cancelled", *error.args)
            raise

    async def main() -> None:
        nonlocal subject
        subject = make()
        tasks = [asyncio.create_task(work(name)) for name in range(6)]
        for turn in range(150):
            if rng.randrange(12) == 0:
                task = rng.choice(tasks)
                log.append((turn, "cancel", task.cancel(turn)))
            await asyncio.sleep(0)
            log.append((turn, str(subject).partition(" ")[2].partition("0x")[2][12:]))
        for task in tasks:
            task.cancel("end")
        results = await asyncio.gather(*tasks, return_exceptions=True)
        log.extend((type(result).__name__,) for result in results)

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    return log


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("maxsize", [0, 1, 2])
@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
def test_queues(
    theirs: ModuleType, ours: ModuleType, kind: str, maxsize: int, seed: int
) -> None:
    logs = [
        run(partial(getattr(m, kind), maxsize), queue_act, seed) for m in (theirs, ours)
    ]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_queues_with_hooks(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    def make(module: ModuleType) -> Any:
        class Odd(module.Queue):  # type: ignore[name-defined,misc]
            def _init(self, maxsize: int) -> None:
                self._queue: list[Any] = []

            def _put(self, item: Any) -> None:
                self._queue.insert(len(self._queue) // 2, item)

            def _get(self) -> Any:
                return self._queue.pop()

        return Odd(2)

    logs = [run(partial(make, m), queue_act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_locks(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    logs = [run(m.Lock, permit_act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_semaphores(theirs: ModuleType, ours: ModuleType, kind: str, seed: int) -> None:
    logs = [run(partial(getattr(m, kind), 2), permit_act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_events(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    logs = [run(m.Event, event_act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_conditions(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    logs = [run(m.Condition, condition_act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_barriers(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    async def act(
        rng: random.Random, barrier: Any, note: Callable[..., None], step: int
    ) -> None:
        try:
            match rng.randrange(12):
                case 0:
                    await barrier.reset()
                case 1:
                    await barrier.abort()
                    await asyncio.sleep(0)
                    await barrier.reset()
                case 2:
                    async with barrier as place:
                        note("entered", place)
                case _:
                    note("place", await barrier.wait())
        except asyncio.BrokenBarrierError as error:
            note("broken", str(error))
        note(barrier.n_waiting, barrier.broken, barrier.parties)

    logs = [run(partial(m.Barrier, 3), act, seed) for m in (theirs, ours)]
    assert logs[0] == logs[1]
