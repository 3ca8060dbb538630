"""Idle locks and queues of asyncio are copied and pickled, as plain attributes."""

import asyncio
import copy
import pickle
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"
KINDS = {
    "Lock": (),
    "Event": (),
    "Condition": (),
    "Semaphore": (2,),
    "BoundedSemaphore": (2,),
    "Barrier": (2,),
    "Queue": (3,),
    "LifoQueue": (3,),
    "PriorityQueue": (3,),
}
each = pytest.mark.parametrize("kind", KINDS)


def make(impl: ModuleType, kind: str) -> Any:
    one = getattr(impl, kind)(*KINDS[kind])
    one.extra = 5
    return one


def pickled(one: Any) -> Any:
    return pickle.loads(pickle.dumps(one))


def public_state(one: Any) -> Any:
    """What there is to see, with parts of it in the same way."""
    names = (
        *("_locked", "_value", "_bound_value", "_waiters", "_maxsize", "_queue"),
        *("_getters", "_putters", "_unfinished_tasks", "_parties", "_count", "extra"),
    )
    return {name: getattr(one, name, "none") for name in names}


@each
@pytest.mark.parametrize("how", [pickled, copy.deepcopy, copy.copy])
def test_an_idle_one_is_copied(impl: ModuleType, kind: str, how: Any) -> None:
    one = make(impl, kind)
    copied = how(one)
    assert type(copied) is type(one)
    assert public_state(copied) == public_state(one)


@pytest.mark.parametrize("how", [pickled, copy.deepcopy])
def test_copies_stand_alone(impl: ModuleType, how: Any) -> None:
    async def main() -> None:
        lock = make(impl, "Lock")
        await lock.acquire()
        copied = how(lock)
        lock.release()
        assert copied.locked() and not lock.locked()
        waiting = asyncio.ensure_future(copied.acquire())
        await asyncio.sleep(0)
        copied.release()
        assert await waiting

        event = make(impl, "Event")
        other = how(event)
        event.set()
        assert not other.is_set()
        other.set()
        assert await other.wait()

        semaphore = how(make(impl, "BoundedSemaphore"))
        async with semaphore, semaphore:
            assert semaphore.locked()
        with pytest.raises(ValueError, match="released too many times"):
            semaphore.release()

        condition = how(make(impl, "Condition"))
        async with condition:
            condition.notify()
        assert not condition.locked()

        for kind in ("Queue", "LifoQueue", "PriorityQueue"):
            queue = make(impl, kind)
            for number in (2, 1, 3):
                queue.put_nowait(number)
            copied = how(queue)
            assert copied.full()
            got = [copied.get_nowait() for _ in range(3)]
            assert queue.qsize() == 3
            assert got == [await queue.get() for _ in range(3)]
            for _ in range(3):
                copied.task_done()
            await copied.join()
            with pytest.raises(ValueError, match="called too many times"):
                copied.task_done()

    asyncio.run(main())


def test_a_shallow_copy_of_a_queue_shares_its_items(impl: ModuleType) -> None:
    queue = make(impl, "Queue")
    queue.put_nowait(1)
    copied = copy.copy(queue)
    assert copied._queue is queue._queue
    assert copied.get_nowait() == 1
    assert queue.empty()


@pytest.mark.parametrize("kind", ["Lock", "Semaphore", "Queue"])
def test_one_that_is_waited_for_is_refused(
    theirs: ModuleType, ours: ModuleType, kind: str
) -> None:
    said = []

    async def main(impl: ModuleType) -> None:
        one = getattr(impl, kind)(*{"Semaphore": (0,)}.get(kind, ()))
        call = one.get if kind == "Queue" else one.acquire
        if kind == "Lock":
            await call()
        waiting = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        for how in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError) as caught:
                how(one)
            said.append(str(caught.value))
        waiting.cancel()

    for impl in (theirs, ours):
        asyncio.run(main(impl))
    assert said[:2] == said[2:]
