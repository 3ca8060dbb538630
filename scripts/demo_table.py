"""A handful of queue operations on the standard library and on ropewalk, by turns.

Promise: both sides run the same code on the same items, alternately, so that a busy
machine disturbs both alike; the best round of each counts.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import ropewalk.queue

ROUNDS = 5
ITEMS = 20_000

Round = Callable[[Any], None]


def put_and_get(name: str) -> Round:
    """One thread puts an item and takes it out again."""

    def once(module: Any) -> None:
        one = getattr(module, name)()
        put, get = one.put, one.get
        for number in range(ITEMS):
            put(number)
            get()

    return once


def fill_and_drain(name: str, depth: int = 1000) -> Round:
    """One thread puts so many items in a mixed order, then takes them all out."""
    # A prime step visits every residue once: mixed, and the same on both sides.
    order = [number * 7919 % depth for number in range(depth)]

    def once(module: Any) -> None:
        one = getattr(module, name)()
        for _ in range(ITEMS // depth):
            for number in order:
                one.put(number)
            for _ in order:
                one.get()

    return once


def between_threads(pairs: int) -> Round:
    """So many producers hand items to so many consumers."""

    def once(module: Any) -> None:
        shared = module.Queue(1000)
        each = ITEMS // pairs

        def produce() -> None:
            for number in range(each):
                shared.put(number)

        def consume() -> None:
            for _ in range(each):
                shared.get()

        threads = [
            threading.Thread(target=target)
            for target in [produce, consume]
            for _ in range(pairs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return once


OPERATIONS = {
    "Queue: put and get": put_and_get("Queue"),
    "LifoQueue: put and get": put_and_get("LifoQueue"),
    "PriorityQueue: 1000 in, 1000 out": fill_and_drain("PriorityQueue"),
    "Queue: 1 thread to 1": between_threads(1),
    "Queue: 2 threads to 2": between_threads(2),
    "SimpleQueue (handed on: C already)": put_and_get("SimpleQueue"),
}


def nanoseconds_per_item(once: Round, module: Any) -> float:
    started = time.perf_counter_ns()
    once(module)
    return (time.perf_counter_ns() - started) / ITEMS


def main() -> None:
    width = max(map(len, OPERATIONS))
    print(f"  {'ns per item':<{width}}  {'stdlib':>8}  {'ropewalk':>8}  {'ratio':>6}")
    for title, once in OPERATIONS.items():
        best = {queue: float("inf"), ropewalk.queue: float("inf")}
        for _ in range(ROUNDS):
            for module, before in best.items():
                best[module] = min(before, nanoseconds_per_item(once, module))
        plain, ours = best.values()
        row = f"  {title:<{width}}  {plain:>8.0f}  {ours:>8.0f}  {plain / ours:>5.1f}x"
        print(row, flush=True)


if __name__ == "__main__":
    main()
