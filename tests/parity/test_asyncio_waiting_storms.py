"""Random trees of gather, TaskGroup, wait_for and timeout, cancelled at random.

Each is run with the standard library's and with ropewalk's functions, on the same loop
with its own clock, and everything that happens has to happen in the same order.
"""

import asyncio
import random
from types import ModuleType
from typing import Any

import pytest

from tests import virtual_loop

MODULE = "asyncio"
SEEDS = 300


def _shape(error: BaseException | None, depth: int = 3) -> Any:
    """What an exception is, with those that it came from."""
    if error is None or not depth:
        return None
    inside = getattr(error, "exceptions", ())
    return (
        type(error).__name__,
        [repr(arg) for arg in error.args] if not inside else error.args[0],
        [_shape(one) for one in inside],
        _shape(error.__cause__, depth - 1),
        _shape(error.__context__, depth - 1),
        error.__suppress_context__,
    )


class Numbered(asyncio.Task[Any]):
    """A task that has the same place in a set each time."""

    count = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Numbered.count += 1
        self.number = Numbered.count
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self.number


class Storm:
    """One tree and the cancellations that fall on it.

    A group cancels its tasks in the order of a set. So either tasks are numbered, or
    they are asyncio's own and no group has more than one.
    """

    def __init__(self, impl: ModuleType, seed: int, numbered: bool) -> None:
        self.impl = impl
        self.numbered = numbered
        self.seed = seed
        self.log: list[Any] = []
        self.tasks: list[asyncio.Task[Any]] = []

    def note(self, *what: Any) -> None:
        loop = asyncio.get_running_loop()
        self.log.append((round(loop.time(), 4), *what))

    async def node(self, name: str, depth: int) -> Any:
        # Each node has dice of its own: the order in which nodes run changes nothing.
        dice = random.Random(f"{self.seed}/{name}")
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        self.note("begins", name)
        kinds = [self.gather, self.group, self.wait_for, self.timeout]
        kind = dice.choice(kinds) if depth else self.leaf
        try:
            result = await kind(name, depth - 1, dice)
        except BaseException as error:
            self.note("fails", name, _shape(error), task.cancelling())
            raise
        self.note("ends", name, repr(result), task.cancelling())
        return result

    async def leaf(self, name: str, depth: int, dice: random.Random) -> Any:
        for _ in range(dice.randrange(4)):
            try:
                await self.impl.sleep(dice.choice([0, 0, 0.5, 1, 1.5, 3]), name)
            except asyncio.CancelledError as error:
                self.note("cancelled", name, error.args)
                if dice.random() < 0.6:
                    raise
        if dice.random() < 0.2:
            raise ValueError(name)
        return name

    def children(
        self, name: str, depth: int, dice: random.Random, most: int = 3
    ) -> list[Any]:
        names = [f"{name}.{number}" for number in range(dice.randint(0, most))]
        return [self.node(child, depth) for child in names]

    async def gather(self, name: str, depth: int, dice: random.Random) -> Any:
        children = self.children(name, depth, dice)
        loop = asyncio.get_running_loop()
        for number, child in enumerate(children):
            if dice.random() < 0.3:
                children[number] = loop.create_task(child)
        if dice.random() < 0.5:
            done = loop.create_future()
            done.set_result(f"{name}:done")
            children += [done, done]
        dice.shuffle(children)
        outer = self.impl.gather(*children, return_exceptions=dice.random() < 0.5)
        outer.add_done_callback(lambda _: self.note("gathered", name))
        if dice.random() < 0.2:
            loop.call_later(dice.choice([0, 1]), outer.cancel, f"gather {name}")
        return await outer

    async def group(self, name: str, depth: int, dice: random.Random) -> Any:
        async with self.impl.TaskGroup() as group:
            most = 3 if self.numbered else 1
            for child in self.children(name, depth, dice, most):
                group.create_task(child, name=f"task {name}")
            self.note(repr(group))
            if dice.random() < 0.3:
                await self.impl.sleep(dice.choice([0, 1]))
            if dice.random() < 0.2:
                raise KeyError(name)
        return name

    async def wait_for(self, name: str, depth: int, dice: random.Random) -> Any:
        seconds = dice.choice([None, 0, 0.5, 1, 1, 2, 5])
        child: Any = self.node(f"{name}.w", depth)
        if dice.random() < 0.3:
            child = asyncio.get_running_loop().create_task(child)
        return await self.impl.wait_for(child, seconds)

    async def timeout(self, name: str, depth: int, dice: random.Random) -> Any:
        seconds = dice.choice([None, -1, 0, 0.5, 1, 1, 2, 5])
        loop = asyncio.get_running_loop()
        async with self.impl.timeout(seconds) as limit:
            self.note(repr(limit), limit.when())
            if dice.random() < 0.3:
                limit.reschedule(loop.time() + dice.choice([-1, 0, 1]))
            await self.node(f"{name}.t", depth)
        return limit.expired()

    async def main(self) -> None:
        dice = random.Random(f"{self.seed}/main")
        root = asyncio.get_running_loop().create_task(self.node("r", 3))
        for number in range(dice.randrange(6)):
            await asyncio.sleep(dice.choice([0, 0, 0, 0.5, 1, 1.25]))
            if self.tasks and dice.random() < 0.8:
                victim = self.tasks[dice.randrange(len(self.tasks))]
                self.note("cancel", victim.cancel(f"storm {number}"))
        await asyncio.wait([root])
        self.note("root", root.cancelled() or _shape(root.exception()))
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            await asyncio.wait(rest)

    def run(self) -> list[Any]:
        loop = virtual_loop.VirtualLoop()
        # What nobody asked for: whom it is about depends on when garbage is collected.
        loop.set_exception_handler(lambda _loop, _context: None)
        if self.numbered:
            Numbered.count = 0
            loop.set_task_factory(
                lambda loop, coro, **kwargs: Numbered(coro, loop=loop, **kwargs)
            )
        try:
            loop.run_until_complete(self.main())
        finally:
            loop.close()
        return self.log


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "plain"])
@pytest.mark.parametrize("first", range(0, SEEDS, 50))
def test_the_same_things_happen(
    theirs: ModuleType, ours: ModuleType, first: int, numbered: bool
) -> None:
    for seed in range(first, first + 50):
        expected = Storm(theirs, seed, numbered).run()
        found = Storm(ours, seed, numbered).run()
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            assert other == one, f"seed {seed}, event {number}"
        assert len(found) == len(expected), f"seed {seed}"
        assert len(expected) > 2
