"""`__enter__` and `__exit__` called by hand, with any number of arguments.

What the running Python's own class does with them is found by trying it.
"""

import asyncio
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests import implementations

MODULE = "threading"
COUNTS = range(6)
# With more than `with` gives, releases differ.
UP_TO_THREE = range(4)
LOCKS = ["Lock", "RLock", "Semaphore", "BoundedSemaphore"]
PERMITS = ["Lock", "Semaphore", "BoundedSemaphore"]


def kind_of_outcome(call: Callable[..., Any], *args: Any, **named: Any) -> str:
    """What is returned, or the class of what is raised."""
    try:
        return f"returns {call(*args, **named)!r}"
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("count", UP_TO_THREE)
@pytest.mark.parametrize("kind", LOCKS)
def test_leaving_by_hand(
    ours: ModuleType, theirs: ModuleType, kind: str, count: int
) -> None:
    """And what was refused has released nothing."""

    def leave(module: ModuleType) -> tuple[str, bool]:
        lock = getattr(module, kind)()
        lock.acquire()
        outcome = kind_of_outcome(lock.__exit__, *[None] * count)
        taken: list[bool] = []
        other = threading.Thread(target=lambda: taken.append(lock.acquire(False)))
        other.start()
        other.join()
        return outcome, taken[0]

    assert leave(ours) == leave(theirs)


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_what_leaving_by_hand_says(
    ours: ModuleType, theirs: ModuleType, kind: str
) -> None:
    def say(module: ModuleType, *args: None) -> str:
        lock = getattr(module, kind)()
        lock.acquire()
        try:
            lock.__exit__(*args)
        except TypeError as error:
            return str(error)
        return ""

    for count in UP_TO_THREE:
        assert say(ours, *[None] * count) == say(theirs, *[None] * count)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", PERMITS)
@pytest.mark.parametrize("method", ["__aenter__", "__aexit__"])
@pytest.mark.parametrize("named", [{}, {"nonsense": 1}])
def test_async_with_by_hand(
    method: str, kind: str, count: int, named: dict[str, Any]
) -> None:
    async def use(module: ModuleType) -> str:
        permit = getattr(module, kind)()
        if method == "__aexit__":
            await permit.acquire()
        try:
            await getattr(permit, method)(*[None] * count, **named)
        except TypeError as error:
            return type(error).__name__
        return f"locked: {permit.locked()}"

    theirs, *others = implementations.both("asyncio").values()
    expected = asyncio.run(use(theirs))
    for ours in others:
        assert asyncio.run(use(ours)) == expected


def test_the_last_way_out_by_name() -> None:
    """Arguments of `__aexit__` may be named, as in any function."""

    async def use(module: ModuleType) -> bool:
        lock = module.Lock()
        await lock.acquire()
        await lock.__aexit__(exc_type=None, exc=None, tb=None)
        return bool(lock.locked())

    for module in implementations.both("asyncio").values():
        assert asyncio.run(use(module)) is False
