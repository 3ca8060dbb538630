"""A subclass may take other arguments than its base, and give the base its own."""

import asyncio
from types import ModuleType
from typing import Any

import pytest

from tests.loops import run

MODULE = "asyncio"

# What the base is given.
BASES: dict[str, tuple[Any, ...]] = {
    "Barrier": (2,),
    "BoundedSemaphore": (2,),
    "Condition": (),
    "Event": (),
    "LifoQueue": (3,),
    "Lock": (),
    "PriorityQueue": (3,),
    "Queue": (3,),
    "Semaphore": (2,),
    "StreamReader": (),
    "TaskGroup": (),
    "Timeout": (None,),
}


@pytest.mark.parametrize("name", BASES)
def test_a_subclass_with_arguments_of_its_own(impl: ModuleType, name: str) -> None:
    base: Any = getattr(impl, name)

    class Mine(base):  # type: ignore[misc]
        def __init__(self, one: int, two: int, *, three: int) -> None:
            super().__init__(*BASES[name])
            self.sum = one + two + three

    async def main() -> None:
        mine = Mine(1, 2, three=3)
        assert mine.sum == 6
        assert isinstance(mine, base)

    run(impl, main)


def test_a_time_out_of_a_subclass_runs_out(impl: ModuleType) -> None:
    class Mine(impl.Timeout):  # type: ignore[misc, name-defined]
        def __init__(self, deadline: float, loop: Any) -> None:
            super().__init__(deadline)
            self.loop = loop

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with Mine(loop.time() - 1, loop) as entered:
                await loop.create_future()
        assert entered.expired()
        assert entered.when() is not None

    run(impl, main)
