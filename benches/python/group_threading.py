"""Cases for `threading`: primitives without contention, two threads, timers."""

from __future__ import annotations

from time import perf_counter

from .case import AnyCase, Gauge, Group, Module, Scenario, Statement
from .proc import resident_kib, thread_count
from .threads import time_threads

NEVER = 3600.0
"""Seconds; no timer of a benchmark fires."""


def nothing() -> None:
    """What threads and timers run."""


def condition_round_trip(module: Module, count: int) -> float:
    """Two threads take turns under one condition."""
    condition = module.Condition()
    turn = 0

    def player(number: int) -> None:
        nonlocal turn
        for _ in range(count):
            with condition:
                while turn != number:
                    condition.wait()
                turn = 1 - number
                condition.notify()

    return time_threads(lambda: player(0), lambda: player(1))


def event_round_trip(module: Module, count: int) -> float:
    """Two threads wake each other by an event each."""
    there, back = module.Event(), module.Event()

    def ask() -> None:
        for _ in range(count):
            there.set()
            back.wait()
            back.clear()

    def answer() -> None:
        for _ in range(count):
            there.wait()
            there.clear()
            back.set()

    return time_threads(ask, answer)


def barrier_round(module: Module, count: int) -> float:
    """Two threads meet at a barrier again and again."""
    barrier = module.Barrier(2)

    def meet() -> None:
        for _ in range(count):
            barrier.wait()

    return time_threads(meet, meet)


def contended_lock(module: Module, count: int) -> float:
    """Two threads take the same lock for a short while each."""
    lock = module.Lock()
    total = 0

    def add() -> None:
        nonlocal total
        for _ in range(count // 2):
            with lock:
                total += 1

    return time_threads(add, add)


def thread_start_join(module: Module, count: int) -> float:
    """One thread after the other."""
    started = perf_counter()
    for _ in range(count):
        thread = module.Thread(target=nothing)
        thread.start()
        thread.join()
    return perf_counter() - started


def timer_start_cancel(module: Module, count: int) -> float:
    """Creation, start and cancel; what the cancelled timers' ends cost is not timed."""
    timers = []
    started = perf_counter()
    for _ in range(count):
        timer = module.Timer(NEVER, nothing)
        timer.start()
        timer.cancel()
        timers.append(timer)
    elapsed = perf_counter() - started
    for timer in timers:
        timer.join()
    return elapsed


def timers_start(module: Module, count: int) -> float:
    """Creation and start of many timers that stay pending."""
    started = perf_counter()
    timers = [pending(module) for _ in range(count)]
    elapsed = perf_counter() - started
    for timer in timers:
        timer.cancel()
    for timer in timers:
        timer.join()
    return elapsed


def timers_memory(module: Module, count: int) -> float:
    """KiB of resident memory for each pending timer."""
    before = resident_kib()
    timers = [pending(module) for _ in range(count)]
    return (resident_kib() - before) / len(timers)


def timers_threads(module: Module, count: int) -> float:
    """Operating-system threads beside the main one, while timers are pending."""
    timers = [pending(module) for _ in range(count)]
    del timers
    return thread_count() - 1


def pending(module: Module) -> Module:
    """A started timer that does not fire."""
    timer = module.Timer(NEVER, nothing)
    timer.daemon = True
    timer.start()
    return timer


def _statement(
    name: str, setup: str, operation: str, target: float | None = None
) -> Statement:
    return Statement(name=name, setup=setup, operation=operation, target=target)


CASES: tuple[AnyCase, ...] = (
    _statement(
        "Lock acquire+release", "lock = m.Lock()", "lock.acquire(); lock.release()", 1
    ),
    _statement("with Lock", "lock = m.Lock()", "with lock: pass", 1),
    _statement(
        "RLock acquire+release", "lock = m.RLock()", "lock.acquire(); lock.release()", 1
    ),
    _statement("with RLock", "lock = m.RLock()", "with lock: pass", 1),
    _statement("with Semaphore", "s = m.Semaphore(2)", "with s: pass", 10),
    _statement(
        "with BoundedSemaphore", "s = m.BoundedSemaphore(2)", "with s: pass", 10
    ),
    _statement("Event set, already set", "e = m.Event(); e.set()", "e.set()"),
    _statement("Event is_set", "e = m.Event(); e.set()", "e.is_set()"),
    _statement("Event set+clear", "e = m.Event()", "e.set(); e.clear()", 8),
    _statement("Event wait, already set", "e = m.Event(); e.set()", "e.wait()", 7),
    _statement("with Condition", "c = m.Condition()", "with c: pass", 1),
    _statement(
        "Condition notify, nobody waits",
        "c = m.Condition(); c.acquire()",
        "c.notify()",
        1,
    ),
    _statement("Event creation", "Event = m.Event", "Event()"),
    Scenario(name="Lock, two threads", run=contended_lock, count=100_000, quick=2_000),
    Scenario(
        name="Condition round trip",
        run=condition_round_trip,
        count=4_000,
        quick=200,
        target=1,
    ),
    Scenario(name="Event round trip", run=event_round_trip, count=4_000, quick=200),
    Scenario(
        name="Barrier(2) round", run=barrier_round, count=4_000, quick=200, target=3
    ),
    Scenario(
        name="Thread start+join",
        run=thread_start_join,
        count=1_000,
        quick=50,
        target=1,
        isolated=True,
    ),
    Scenario(
        name="Timer start+cancel",
        run=timer_start_cancel,
        count=500,
        quick=50,
        target=100,
        isolated=True,
        note="the end of each cancelled timer's thread runs beside it, untimed",
    ),
    Scenario(
        name="Timer start, 10,000 pending",
        run=timers_start,
        count=10_000,
        quick=200,
        isolated=True,
    ),
    Gauge(
        name="10,000 pending Timers: memory each",
        unit="KiB",
        run=timers_memory,
        count=10_000,
        quick=200,
    ),
    Gauge(
        name="10,000 pending Timers: extra OS threads",
        unit="threads",
        run=timers_threads,
        count=10_000,
        quick=200,
    ),
)

GROUP = Group(
    name="threading",
    stdlib="threading",
    ropewalk="ropewalk.threading",
    ours="Semaphore",
    cases=CASES,
)
