"""Who awaits a future, as asyncio's call graphs show it: where futures know that."""

import asyncio
import asyncio.futures
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"

pytestmark = pytest.mark.skipif(
    not hasattr(asyncio.futures, "future_add_to_awaited_by"),
    reason="futures of this Python do not know who awaits them",
)


def _awaiters(future: Any) -> list[str]:
    return sorted(task.get_name() for task in future._asyncio_awaited_by or ())


async def _later(turns: int, end: str = "well") -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    if end == "fails":
        raise ValueError(end)
    return end


async def _gather(impl: ModuleType, futures: list[Any]) -> Any:
    return await impl.gather(*futures)


async def _wait_all(impl: ModuleType, futures: list[Any]) -> Any:
    return await impl.wait(futures)


async def _wait_first(impl: ModuleType, futures: list[Any]) -> Any:
    return await impl.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def _shield(impl: ModuleType, futures: list[Any]) -> Any:
    return await impl.shield(futures[0])


async def _group(impl: ModuleType, futures: list[Any]) -> Any:
    async def follow(future: Any) -> None:
        await impl.shield(future)

    async with impl.TaskGroup() as group:
        for future in futures:
            group.create_task(follow(future), name="member")


WAYS = [_gather, _wait_all, _wait_first, _shield, _group]


async def _observed(impl: ModuleType, way: Any, end: str) -> list[Any]:
    """What the futures say of who awaits them, turn by turn."""
    futures = [
        asyncio.create_task(_later(3, end), name="short"),
        asyncio.create_task(_later(9), name="long"),
    ]
    waiting = asyncio.create_task(way(impl, futures), name="waiting")
    main = asyncio.current_task()
    assert main is not None
    main.set_name("main")
    seen: list[Any] = []
    for turn in range(16):
        if turn == 5 and end == "cancelled":
            waiting.cancel()
        everybody = sorted(asyncio.all_tasks(), key=lambda task: task.get_name())
        seen.append([_awaiters(future) for future in futures])
        seen.append([(task.get_name(), _awaiters(task)) for task in everybody])
        await asyncio.sleep(0)
    await asyncio.wait([*futures, waiting])
    for task in [*futures, waiting]:
        if not task.cancelled():
            seen.append(repr(task.exception()))
    return seen


@pytest.mark.parametrize("end", ["well", "fails", "cancelled"])
@pytest.mark.parametrize("way", WAYS)
def test_each_turn_knows_the_same_awaiters(
    theirs: ModuleType, ours: ModuleType, way: Any, end: str
) -> None:
    known = asyncio.run(_observed(theirs, way, end))
    assert asyncio.run(_observed(ours, way, end)) == known
    assert "waiting" in str(known) or way is _group


def test_a_call_graph_names_who_waits(theirs: ModuleType, ours: ModuleType) -> None:
    async def main(impl: ModuleType) -> str:
        inner = asyncio.create_task(_later(5), name="inner")
        outer = asyncio.create_task(_gather(impl, [inner]), name="outer")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        graph = asyncio.capture_call_graph(inner)  # type: ignore[attr-defined]
        await outer
        return "".join(found.future.get_name() for found in graph.awaited_by)

    assert asyncio.run(main(theirs)) == asyncio.run(main(ours)) == "outer"


def _full_queue(impl: ModuleType) -> Any:
    queue = impl.Queue(1)
    queue.put_nowait(1)
    return queue


_WAITS: dict[str, Any] = {
    "Condition.wait": lambda impl: _notified(impl.Condition()),
    "Event.wait": lambda impl: impl.Event().wait(),
    "Queue.get": lambda impl: impl.Queue().get(),
    "Queue.put": lambda impl: _full_queue(impl).put(2),
    "Semaphore.acquire": lambda impl: impl.Semaphore(0).acquire(),
    "Lock.acquire": lambda impl: _taken_twice(impl.Lock()),
    "sleep": lambda impl: impl.sleep(1000),
    "wait_for": lambda impl: impl.wait_for(_later(1000), 1000),
}


async def _notified(condition: Any) -> None:
    async with condition:
        await condition.wait()


async def _taken_twice(lock: Any) -> None:
    await lock.acquire()
    await lock.acquire()


@pytest.mark.parametrize("name", _WAITS)
def test_a_call_graph_shows_what_is_waited_in(impl: ModuleType, name: str) -> None:
    """Among the functions of the task."""

    async def waits() -> None:
        await _WAITS[name](impl)

    async def main() -> list[str]:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        graph = asyncio.capture_call_graph(task)  # type: ignore[attr-defined]
        task.cancel()
        return [entry.frame.f_code.co_qualname for entry in graph.call_stack]

    shown = asyncio.run(main())
    assert name in shown
    assert shown[-1].endswith("waits")
