"""`shutdown` at any moment: all threads leave, and the books balance."""

import random
import threading
from typing import Any

STDLIB_SURVIVES = False  # before Python 3.13 it has no shutdown


def _one(queue: Any, rng: random.Random) -> None:
    kind = rng.choice([queue.Queue, queue.LifoQueue, queue.PriorityQueue])
    q = kind(rng.choice([0, 1, 3]))
    immediate = rng.random() < 0.5
    put: list[int] = []
    taken: list[int] = []
    joined: list[bool] = []

    def produce(number: int) -> None:
        step = number * 10**6
        while True:
            try:
                q.put(step)
            except queue.ShutDown:
                return
            put.append(step)
            step += 1

    def consume() -> None:
        while True:
            try:
                item = q.get()
            except queue.ShutDown:
                return
            taken.append(item)
            q.task_done()

    def join() -> None:
        q.join()
        joined.append(True)

    makers = [threading.Thread(target=produce, args=(n,)) for n in range(3)]
    eaters = [threading.Thread(target=consume) for _ in range(rng.choice([1, 3]))]
    joiners = [threading.Thread(target=join) for _ in range(2)]
    for thread in makers + eaters + joiners:
        thread.start()
    enough = rng.randrange(300)
    while len(taken) < enough:
        joiners[0].join(0.0005)
    q.shutdown(immediate)
    for thread in makers + eaters + joiners:
        thread.join()
    assert len(set(taken)) == len(taken), "an item came out twice"
    assert set(taken) <= set(put), "an item came out that never went in"
    if not immediate:
        assert set(taken) == set(put), "an item was lost"
    assert q.unfinished_tasks == 0
    assert q.empty()
    assert joined == [True, True]


def run(queue: Any, rng: random.Random) -> None:
    """Ten queues, one after the other."""
    for _ in range(10):
        _one(queue, rng)
