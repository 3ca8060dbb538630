"""Cases of `fairness`: threads that want one thing all the time, and what each gets.

Promise: for each primitive, number of threads and kind of turn three figures of the
same program: time per turn, how far the least served is behind the mean, and the
longest that anybody waited.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from functools import partial
from os import devnull

from .case import AnyCase, Gauge, Group, Module

MILLISECONDS = 400
"""How long the threads run in a sample."""

Calls = tuple[Callable[[], object], Callable[[], object]]


def _guard(module: Module, kind: str) -> Calls:
    """What takes the thing, and what brings it back."""
    if kind == "Queue":
        # One item in a queue for one: who has it puts it back.
        queue = importlib.import_module("queue").Queue(1)
        queue.put(None)
        return queue.get, partial(queue.put, None)
    thing = getattr(module, kind)()
    return thing.acquire, thing.release


def _sleep() -> None:
    time.sleep(0.002)


def _write() -> None:
    with open(devnull, "wb", buffering=0) as file:
        for _ in range(10):
            file.write(b"x" * 4096)


def _compute() -> None:
    sum(range(20_000))


TURNS: dict[str, Callable[[], None]] = {
    "sleep": _sleep,
    "write": _write,
    "compute": _compute,
}


def contend(
    module: Module, milliseconds: int, kind: str, threads: int, turn: str, figure: str
) -> float:
    """Let the threads take their turns for so long; one of the figures."""
    take, give = _guard(module, kind)
    work = TURNS[turn]
    had, longest, stop = [0] * threads, [0.0] * threads, False
    gate = threading.Barrier(threads + 1)

    def run(number: int) -> None:
        gate.wait()
        while not stop:
            began = time.perf_counter()
            take()
            longest[number] = max(longest[number], time.perf_counter() - began)
            work()
            had[number] += 1
            give()

    workers = [
        threading.Thread(target=run, args=(number,), daemon=True)
        for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    gate.wait()
    time.sleep(milliseconds / 1e3)
    turns, stop = list(had), True
    for worker in workers:
        worker.join()
    if figure == "turn":
        return milliseconds * 1e3 / max(sum(turns), 1)
    if figure == "mean/least":
        return sum(turns) / threads / max(min(turns), 0.5)
    return max(longest) * 1e3


UNITS = {"turn": "us", "mean/least": "x", "longest wait": "ms"}

CASES: tuple[AnyCase, ...] = tuple(
    Gauge(
        name=f"{kind}, {threads} threads that {turn}: {figure}",
        unit=unit,
        run=partial(contend, kind=kind, threads=threads, turn=turn, figure=figure),
        count=MILLISECONDS,
        quick=20,
    )
    for kind in (
        "Lock",
        "RLock",
        "Condition",
        "Semaphore",
        "BoundedSemaphore",
        "Queue",
    )
    for threads in (2, 4, 16)
    for turn in TURNS
    for figure, unit in UNITS.items()
)

GROUP = Group(
    name="fairness",
    stdlib="threading",
    ropewalk="ropewalk.threading",
    ours="Semaphore",
    cases=CASES,
)
