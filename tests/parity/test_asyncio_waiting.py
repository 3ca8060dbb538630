"""wait(), the set of all tasks, and groups that end in unusual ways."""

import asyncio
import gc
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests import virtual_loop
from tests.loops import run

MODULE = "asyncio"


async def later(seconds: float, value: Any = None) -> Any:
    await asyncio.sleep(seconds)
    if isinstance(value, Exception):
        raise value
    return value


async def _outcome(impl: ModuleType, *args: Any, **kwargs: Any) -> Any:
    """What a wait returns, by the tasks' names, or how it is refused."""
    try:
        done, pending = await impl.wait(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    assert type(done) is set and type(pending) is set
    return (
        asyncio.get_running_loop().time(),
        sorted(task.get_name() for task in done),
        sorted(task.get_name() for task in pending),
    )


WAYS: dict[str, dict[str, Any]] = {
    "all": {},
    "first": {"return_when": asyncio.FIRST_COMPLETED},
    "exception": {"return_when": asyncio.FIRST_EXCEPTION},
    "a short time": {"timeout": 1.5},
    "a long time": {"timeout": 100},
    "no time": {"timeout": 0},
    "less than no time": {"timeout": -1},
    "first in time": {"timeout": 9, "return_when": asyncio.FIRST_COMPLETED},
    "another word": {"return_when": "SOME"},
    "no word": {"return_when": None},
    "no number": {"timeout": "1"},
}


@pytest.mark.parametrize("container", [list, tuple, set, frozenset, iter])
@pytest.mark.parametrize("way", WAYS)
def test_wait(theirs: ModuleType, ours: ModuleType, way: str, container: Any) -> None:
    async def main(impl: ModuleType) -> Any:
        loop = asyncio.get_running_loop()
        what = [(1, 1), (2, ValueError("two")), (3, 3), (2.5, None)]
        tasks = [
            loop.create_task(later(seconds, value), name=str(number))
            for number, (seconds, value) in enumerate(what)
        ]
        early = loop.create_task(later(0, 0), name="early")
        if way == "a long time":
            await early
        tasks += [early, early]
        found = await _outcome(impl, container(tasks), **WAYS[way])
        left = [task._callbacks for task in tasks if not task.done()]
        await asyncio.sleep(10)
        for task in tasks:
            task.exception()
        return found, [callbacks and len(callbacks) for callbacks in left]

    expected = virtual_loop.run(main(theirs))
    assert virtual_loop.run(main(ours)) == expected


def _never() -> Any:
    return later(0)


@pytest.mark.parametrize(
    "make",
    [
        list,
        dict,
        lambda: None,
        lambda: 5,
        _never,
        lambda: [_never()],
        lambda: [None],
        lambda: [asyncio.get_running_loop().create_future(), 1],
        lambda: asyncio.get_running_loop().create_future(),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine.*was never awaited:RuntimeWarning")
def test_wait_refuses(theirs: ModuleType, ours: ModuleType, make: Any) -> None:
    async def main(impl: ModuleType) -> Any:
        return await _outcome(impl, make())

    expected = virtual_loop.run(main(theirs))
    assert virtual_loop.run(main(ours)) == expected
    assert isinstance(expected[0], type)
    gc.collect()


def test_a_cancelled_wait_leaves_its_tasks_alone(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        one, other = loop.create_future(), loop.create_future()
        waiting = loop.create_task(impl.wait([one, other], timeout=1000))
        await asyncio.sleep(0)
        other.set_result(None)
        assert waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not one.done()
        assert not one._callbacks
        one.cancel()

    run(impl, main)


class Odd(asyncio.Future):  # type: ignore[type-arg]
    """A future of another class than asyncio's own."""


def test_wait_for_futures_of_other_classes(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        odd, plain = Odd(loop=loop), loop.create_future()
        loop.call_soon(odd.set_result, 1)
        done, pending = await impl.wait([odd, plain], return_when="FIRST_COMPLETED")
        assert (done, pending) == ({odd}, {plain})
        plain.cancel()

    run(impl, main)


def _all_tasks() -> Any:
    """The set in which this Python keeps the tasks written in C, if it does."""
    if hasattr(asyncio.tasks, "_c_all_tasks"):
        return None
    names = ("_all_tasks", "_scheduled_tasks")
    found = [getattr(asyncio.tasks, name, None) for name in names]
    return next((tasks for tasks in found if tasks is not None), None)


def test_the_set_of_all_tasks_is_a_weak_set(impl: ModuleType) -> None:
    tasks = _all_tasks()
    if tasks is None:
        pytest.skip("this Python keeps no such set")

    async def begin(count: int) -> list[Any]:
        loop = asyncio.get_running_loop()
        made = [loop.create_task(later(0)) for _ in range(count)]
        assert asyncio.all_tasks().issuperset(made)
        assert tasks.issuperset(made) and tasks.copy().issuperset(made)
        return [id(task) for task in made]

    async def end() -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        gc.collect()

    async def main() -> None:
        await end()
        before = len(tasks)
        await begin(10)
        assert len(tasks) == before + 10
        await end()
        assert len(tasks) == len(tasks.data) == before
        # While somebody goes through it, what dies waits to be taken out.
        await begin(10)
        going = iter(tasks)
        next(going)
        await end()
        assert len(tasks._pending_removals) >= 9
        await begin(1)
        del going
        await end()
        assert len(tasks) == len(tasks.data) == len(list(tasks)) == before
        assert not tasks._pending_removals
        tasks.discard(asyncio.current_task())
        assert asyncio.current_task() not in asyncio.all_tasks()
        tasks.add(asyncio.current_task())
        assert asyncio.current_task() in asyncio.all_tasks()
        with pytest.raises(TypeError):
            tasks.add(5)

    run(impl, main)


def test_a_group_is_cancelled_while_it_ends(
    theirs: ModuleType, ours: ModuleType
) -> None:
    async def main(impl: ModuleType) -> Any:
        loop = asyncio.get_running_loop()
        log: list[Any] = []

        async def stubborn() -> None:
            for _ in range(3):
                try:
                    await asyncio.sleep(5)
                except asyncio.CancelledError as error:
                    log.append(("told", error.args))

        async def group(failing: bool) -> None:
            task = asyncio.current_task()
            assert task is not None
            try:
                async with impl.TaskGroup() as group:
                    group.create_task(stubborn())
                    if failing:
                        group.create_task(later(1, ValueError("one")))
                    log.append(repr(group))
            except BaseException as error:
                log.append((repr(error), repr(error.__context__), task.cancelling()))
            log.append(repr(group))

        for failing in (False, True):
            task = loop.create_task(group(failing))
            for _ in range(3):
                await asyncio.sleep(2)
                task.cancel("told")
            await asyncio.wait([task])
        return log

    expected = virtual_loop.run(main(theirs))
    assert len(expected) > 6
    assert virtual_loop.run(main(ours)) == expected


@pytest.mark.filterwarnings("ignore:coroutine.*was never awaited:RuntimeWarning")
def test_a_group_takes_tasks_while_it_ends(impl: ModuleType) -> None:
    async def main() -> None:
        ended: list[int] = []

        async def one(number: int) -> None:
            await asyncio.sleep(0)
            if number:
                group.create_task(one(number - 1))
            await asyncio.sleep(0)
            ended.append(number)

        async with impl.TaskGroup() as group:
            group.create_task(one(5))
        assert sorted(ended) == list(range(6))
        with pytest.raises(RuntimeError, match="is finished"):
            group.create_task(one(0))

    run(impl, main)


def test_a_group_left_behind_is_garbage(impl: ModuleType) -> None:
    async def main() -> None:
        async with impl.TaskGroup() as group:
            task = group.create_task(later(0))
        seen = weakref.ref(group)
        del group, task
        await asyncio.sleep(0)
        gc.collect()
        assert seen() is None

    run(impl, main)
