"""Cases for `concurrent.futures` on threads."""

from __future__ import annotations

import importlib
import threading
from time import perf_counter
from types import SimpleNamespace

from .case import AnyCase, Gauge, Group, Module, Scenario, Statement
from .proc import resident_kib
from .subjects import ROPEWALK, STDLIB

BOTH = frozenset({STDLIB, ROPEWALK})


def nothing() -> None:
    """The task."""


def same(value: int) -> int:
    """The task of a map."""
    return value


def burst(module: Module, count: int, workers: int) -> float:
    """Submit everything, then ask every future for its result."""
    with module.ThreadPoolExecutor(workers) as executor:
        executor.submit(nothing).result()
        submit = executor.submit
        started = perf_counter()
        futures = [submit(nothing) for _ in range(count)]
        for future in futures:
            future.result()
        return perf_counter() - started


def burst_one(module: Module, count: int) -> float:
    """A burst for one worker."""
    return burst(module, count, workers=1)


def burst_four(module: Module, count: int) -> float:
    """A burst for four workers."""
    return burst(module, count, workers=4)


def mapped(module: Module, count: int) -> float:
    """`executor.map` over a range, all results collected."""
    with module.ThreadPoolExecutor(2) as executor:
        executor.submit(nothing).result()
        started = perf_counter()
        results = list(executor.map(same, range(count)))
        elapsed = perf_counter() - started
    if len(results) != count:
        raise AssertionError(f"{len(results)} results of {count}")
    return elapsed


def completed(module: Module, count: int) -> float:
    """`as_completed` over futures that are done already."""
    futures = [module.Future() for _ in range(count)]
    for future in futures:
        future.set_result(1)
    started = perf_counter()
    seen = sum(1 for _ in module.as_completed(futures))
    elapsed = perf_counter() - started
    if seen != count:
        raise AssertionError(f"{seen} futures of {count}")
    return elapsed


def waited(module: Module, count: int) -> float:
    """`wait` for futures that are done already."""
    futures = [module.Future() for _ in range(count)]
    for future in futures:
        future.set_result(1)
    started = perf_counter()
    module.wait(futures)
    return perf_counter() - started


def round_trip(module: Module, count: int) -> float:
    """One task at a time, its result awaited before the next."""
    with module.ThreadPoolExecutor(1) as executor:
        executor.submit(nothing).result()
        started = perf_counter()
        for _ in range(count):
            executor.submit(nothing).result()
        return perf_counter() - started


def queued_memory(module: Module, count: int) -> float:
    """KiB of resident memory for each task that waits in the executor's queue."""
    gate = threading.Lock()
    gate.acquire()
    executor = module.ThreadPoolExecutor(1)
    executor.submit(gate.acquire)
    before = resident_kib()
    futures = [executor.submit(nothing) for _ in range(count)]
    return (resident_kib() - before) / len(futures)


CASES: tuple[AnyCase, ...] = (
    Statement(
        name="Future()+set_result+result",
        setup="Future = m.Future",
        operation="f = Future(); f.set_result(1); f.result()",
        target=8,
        only=BOTH,
    ),
    Statement(
        name="Future creation",
        setup="Future = m.Future",
        operation="Future()",
        only=BOTH,
    ),
    Statement(
        name="Future done, when done",
        setup="f = m.Future(); f.set_result(1)",
        operation="f.done()",
        only=BOTH,
    ),
    Scenario(
        name="submit 100,000 and take the results, 1 worker",
        run=burst_one,
        count=100_000,
        quick=2_000,
        target=10,
    ),
    Scenario(
        name="submit 100,000 and take the results, 4 workers",
        run=burst_four,
        count=100_000,
        quick=2_000,
        target=10,
    ),
    Scenario(
        name="map over 50,000, 2 workers",
        run=mapped,
        count=50_000,
        quick=2_000,
        target=10,
        only=BOTH,
    ),
    Scenario(
        name="as_completed over 10,000 done",
        run=completed,
        count=10_000,
        quick=500,
        target=10,
        only=BOTH,
    ),
    Scenario(
        name="wait for 10,000 done", run=waited, count=10_000, quick=500, only=BOTH
    ),
    Scenario(
        name="submit+result round trip",
        run=round_trip,
        count=4_000,
        quick=200,
        target=1.5,
    ),
    Gauge(
        name="memory of a queued task",
        unit="KiB",
        run=queued_memory,
        count=100_000,
        quick=5_000,
        target=1,
        only=BOTH,
    ),
)


def _pebble() -> Module:
    pebble = importlib.import_module("pebble")

    class Executor:
        """Pebble's thread pool under the executor's names."""

        def __init__(self, max_workers: int) -> None:
            self._pool = pebble.ThreadPool(max_workers=max_workers)

        def __enter__(self) -> Executor:
            return self

        def __exit__(self, *error: object) -> None:
            self._pool.close()
            self._pool.join()

        def submit(self, task: object) -> object:
            return self._pool.schedule(task)

    return SimpleNamespace(ThreadPoolExecutor=Executor)


GROUP = Group(
    name="futures",
    stdlib="concurrent.futures",
    ropewalk="ropewalk.concurrent.futures",
    ours="Future",
    cases=CASES,
    peers={"pebble": _pebble},
)
