"""A program reaches for `mutex` and `queue` for the first time amid the traffic."""

import random
import threading
from typing import Any

STDLIB_SURVIVES = True


def _one(queue: Any, rng: random.Random) -> None:
    kind = rng.choice([queue.Queue, queue.LifoQueue, queue.PriorityQueue])
    q = kind(rng.choice([0, 1, 3]))
    each, pairs = 150, 3
    taken: list[int] = []
    go = threading.Barrier(2 * pairs + 4)

    def produce(number: int) -> None:
        go.wait()
        for step in range(each):
            q.put(number * each + step)

    def consume() -> None:
        go.wait()
        for _ in range(each):
            taken.append(q.get())
            q.task_done()

    def look(name: str, turns: int) -> None:
        go.wait()
        for _ in range(turns):
            q.qsize()
        if name == "join":
            q.join()
        elif name == "queue":
            with q.mutex:
                assert all(isinstance(item, int) for item in q.queue)
        else:
            with getattr(q, name):
                assert q.mutex.locked()

    names = ["join", "queue", "not_empty", "not_full", "all_tasks_done"]
    threads = [threading.Thread(target=produce, args=(n,)) for n in range(pairs)]
    threads += [threading.Thread(target=consume) for _ in range(pairs)]
    threads += [
        threading.Thread(target=look, args=(rng.choice(names), rng.randrange(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    q.join()
    assert sorted(taken) == list(range(pairs * each))
    assert (q.qsize(), q.unfinished_tasks) == (0, 0)


def run(queue: Any, rng: random.Random) -> None:
    """Fifteen queues, because each moves only once."""
    for _ in range(15):
        _one(queue, rng)
