"""What stands above the loop: queues, locks, gather, TaskGroup, time-outs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .loops import LOOPS, MIXED, PEERS, drive

Work = Callable[[Module, Any, int], Coroutine[Any, Any, float]]


async def nothing() -> None:
    """The coroutine that is waited for."""


async def queue(module: Module, loop: Any, count: int) -> float:
    """Put and get, neither of which has to wait."""
    one = module.Queue()
    started = perf_counter()
    for number in range(count):
        await one.put(number)
        await one.get()
    return perf_counter() - started


async def queue_of_tasks(module: Module, loop: Any, count: int) -> float:
    """A producer and a consumer with a bound of ten."""
    one = module.Queue(10)

    async def produce() -> None:
        for number in range(count):
            await one.put(number)

    producing = loop.create_task(produce())
    started = perf_counter()
    for _ in range(count):
        await one.get()
    elapsed = perf_counter() - started
    await producing
    return elapsed


async def priority_queue(module: Module, loop: Any, count: int) -> float:
    """Put and get with twenty items inside."""
    one = module.PriorityQueue()
    for number in range(20):
        one.put_nowait(number)
    started = perf_counter()
    for number in range(count):
        await one.put(number % 20)
        await one.get()
    return perf_counter() - started


async def queue_of_one(module: Module, loop: Any, count: int) -> float:
    """A producer and a consumer with a bound of one: each item is waited for."""
    one = module.Queue(1)

    async def produce() -> None:
        for number in range(count):
            await one.put(number)

    producing = loop.create_task(produce())
    started = perf_counter()
    for _ in range(count):
        await one.get()
    elapsed = perf_counter() - started
    await producing
    return elapsed


async def queue_in_turn(module: Module, loop: Any, count: int) -> float:
    """Two tasks hand one item to and fro, and each always waits."""
    there, back = module.Queue(), module.Queue()

    async def answer() -> None:
        for _ in range(count):
            await back.put(await there.get())

    answering = loop.create_task(answer())
    started = perf_counter()
    for number in range(count):
        await there.put(number)
        await back.get()
    elapsed = perf_counter() - started
    await answering
    return elapsed


async def lock(module: Module, loop: Any, count: int) -> float:
    """`async with` a free lock."""
    one = module.Lock()
    started = perf_counter()
    for _ in range(count):
        async with one:
            pass
    return perf_counter() - started


async def contended_lock(module: Module, loop: Any, count: int) -> float:
    """Ten tasks, one lock, a turn of the loop under it."""
    one = module.Lock()

    async def work() -> None:
        for _ in range(count // 10):
            async with one:
                await module.sleep(0)

    started = perf_counter()
    await module.wait([loop.create_task(work()) for _ in range(10)])
    return perf_counter() - started


async def semaphore(module: Module, loop: Any, count: int) -> float:
    """`async with` a semaphore that has a permit."""
    one = module.Semaphore(3)
    started = perf_counter()
    for _ in range(count):
        async with one:
            pass
    return perf_counter() - started


async def event(module: Module, loop: Any, count: int) -> float:
    """`set`, `wait`, `clear`, without a waiter."""
    one = module.Event()
    started = perf_counter()
    for _ in range(count):
        one.set()
        await one.wait()
        one.clear()
    return perf_counter() - started


async def event_in_turn(module: Module, loop: Any, count: int) -> float:
    """Two tasks wake each other by two events."""
    there, back = module.Event(), module.Event()

    async def answer() -> None:
        for _ in range(count):
            await there.wait()
            there.clear()
            back.set()

    answering = loop.create_task(answer())
    started = perf_counter()
    for _ in range(count):
        there.set()
        await back.wait()
        back.clear()
    elapsed = perf_counter() - started
    await answering
    return elapsed


async def condition(module: Module, loop: Any, count: int) -> float:
    """Two tasks take turns under one condition."""
    one, turn = module.Condition(), 0

    async def play(number: int) -> None:
        nonlocal turn
        for _ in range(count):
            async with one:
                while turn != number:
                    await one.wait()
                turn = 1 - number
                one.notify()

    started = perf_counter()
    await module.wait([loop.create_task(play(number)) for number in (0, 1)])
    return perf_counter() - started


Job = Callable[[Module], Coroutine[Any, Any, Any]]


def ready(module: Module) -> Coroutine[Any, Any, Any]:
    """A child that ends in its first step."""
    return nothing()


def sleeping(module: Module) -> Coroutine[Any, Any, Any]:
    """A child that takes two turns of the loop."""
    result: Coroutine[Any, Any, Any] = module.sleep(0)
    return result


def gather(many: int, job: Job) -> Work:
    """So many coroutines at a time."""

    async def run(module: Module, loop: Any, count: int) -> float:
        started = perf_counter()
        for _ in range(max(count // many, 1)):
            await module.gather(*[job(module) for _ in range(many)])
        return perf_counter() - started

    return run


def task_group(many: int, job: Job) -> Work:
    """So many tasks at a time."""

    async def run(module: Module, loop: Any, count: int) -> float:
        started = perf_counter()
        for _ in range(max(count // many, 1)):
            async with module.TaskGroup() as group:
                for _ in range(many):
                    group.create_task(job(module))
        return perf_counter() - started

    return run


def wait(many: int, until: str) -> Work:
    """So many futures at a time."""

    async def run(module: Module, loop: Any, count: int) -> float:
        started = perf_counter()
        for _ in range(max(count // many, 1)):
            futures = [loop.create_future() for _ in range(many)]
            for future in futures:
                loop.call_soon(future.set_result, None)
            await module.wait(futures, return_when=until)
        return perf_counter() - started

    return run


def wait_for(job: Job) -> Work:
    """A coroutine, with a time-out that is not reached."""

    async def run(module: Module, loop: Any, count: int) -> float:
        started = perf_counter()
        for _ in range(count):
            await module.wait_for(job(module), 10)
        return perf_counter() - started

    return run


async def wait_for_future(module: Module, loop: Any, count: int) -> float:
    """A future that gets its result in the next turn."""
    started = perf_counter()
    for _ in range(count):
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        await module.wait_for(future, 10)
    return perf_counter() - started


async def timeout(module: Module, loop: Any, count: int) -> float:
    """`async with timeout(...)` around nothing."""
    started = perf_counter()
    for _ in range(count):
        async with module.timeout(10):
            pass
    return perf_counter() - started


async def lines(module: Module, loop: Any, count: int) -> float:
    """`readline` of a reader that has the line."""
    started_with = b"x" * 63 + b"\n"
    reader = module.StreamReader(limit=2**20, loop=loop)
    elapsed = 0.0
    for _ in range(count // 100):
        reader.feed_data(started_with * 100)
        started = perf_counter()
        for _ in range(100):
            await reader.readline()
        elapsed += perf_counter() - started
    return elapsed


def _case(
    name: str, work: Work, target: float | None, count: int = 100_000
) -> Scenario:
    def run(module: Module, count: int) -> float:
        return drive(module, lambda loop: work(module, loop, count))

    return Scenario(
        name=name,
        run=run,
        count=count,
        quick=2_000,
        isolated=True,
        target=target,
        against="uvloop",
        only=LOOPS,
    )


CASES: tuple[AnyCase, ...] = (
    _case("Queue put+get", queue, 5),
    _case("PriorityQueue put+get", priority_queue, None),
    _case("Queue(1), producer and consumer", queue_of_one, 1.5, 50_000),
    _case("Queue(10), producer and consumer", queue_of_tasks, None),
    _case("Queue round trip of two tasks", queue_in_turn, None, 50_000),
    _case("async with Lock", lock, 3),
    _case("async with Lock, ten tasks", contended_lock, None, 50_000),
    _case("async with Semaphore", semaphore, 3),
    _case("Event set+wait+clear", event, 2),
    _case("Event round trip of two tasks", event_in_turn, None, 30_000),
    _case("Condition round trip of two tasks", condition, None, 30_000),
    _case("gather of ten, per coroutine", gather(10, ready), 1.5),
    _case("gather of a hundred, per coroutine", gather(100, ready), 1.5),
    _case("gather of a thousand, per coroutine", gather(1000, ready), 1.5),
    _case("gather of ten that sleep, per coroutine", gather(10, sleeping), 1.5),
    _case("gather of a thousand that sleep", gather(1000, sleeping), 1.5),
    _case("TaskGroup of ten, per task", task_group(10, ready), 1.5),
    _case("TaskGroup of a hundred, per task", task_group(100, ready), 1.5),
    _case("TaskGroup of ten that sleep, per task", task_group(10, sleeping), 1.5),
    _case("wait for ten futures, per future", wait(10, "ALL_COMPLETED"), 1.3),
    _case("wait for the first of ten", wait(10, "FIRST_COMPLETED"), 1.3),
    _case("wait_for", wait_for(sleeping), 1.5, 50_000),
    _case("wait_for, ready at once", wait_for(ready), 1.5, 50_000),
    _case("wait_for a future", wait_for_future, 1.5, 50_000),
    _case("async with timeout()", timeout, 1.5, 50_000),
    _case("StreamReader.readline, there already", lines, None),
)

GROUP = Group(
    name="asyncio_above",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="SelectorEventLoop",
    cases=CASES,
    peers={**PEERS, **MIXED},
)
