"""Many producers and consumers that give up and try again; the books balance."""

import random
import threading
from typing import Any

STDLIB_SURVIVES = True


def run(queue: Any, rng: random.Random) -> None:
    """Every item is taken exactly once, whatever timed out meanwhile."""
    kind = rng.choice([queue.Queue, queue.LifoQueue, queue.PriorityQueue])
    q = kind(rng.choice([0, 1, 2, 10]))
    many = hasattr(q, "put_many") and rng.random() < 0.5
    producers, each = rng.choice([1, 3, 6]), 400
    total = producers * each
    taken: list[int] = []
    counted = threading.Lock()

    def produce(number: int, seed: float) -> None:
        own = random.Random(seed)
        rest = [number * each + step for step in range(each)]
        while rest:
            some = rest[: own.randrange(1, 9)] if many else rest[:1]
            timeout = own.choice([0, 0.0001, 0.002])
            try:
                q.put_many(some, timeout=timeout) if many else q.put(
                    some[0], own.random() < 0.9, timeout
                )
            except queue.Full as error:
                left = list(error.remaining) if many else some
            else:
                left = []
            rest = left + rest[len(some) :]

    def consume(seed: float) -> None:
        own = random.Random(seed)
        while len(taken) < total:
            try:
                timeout = own.choice([0, 0.0001, 0.002])
                some = (
                    q.get_many(5, timeout=timeout) if many else [q.get(True, timeout)]
                )
            except queue.Empty:
                continue
            with counted:
                taken.extend(some)
            for _ in some:
                q.task_done()

    threads = [
        threading.Thread(target=produce, args=(number, rng.random()))
        for number in range(producers)
    ]
    for _ in range(rng.choice([1, 3, 6])):
        threads.append(threading.Thread(target=consume, args=(rng.random(),)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(total))
    assert (q.qsize(), q.unfinished_tasks) == (0, 0)
    q.join()
