"""`__del__` that puts into the queue being collected, at any moment."""

import gc
import random
import threading
import weakref
from typing import Any

STDLIB_SURVIVES = False  # a collection inside a put, with the mutex held, deadlocks


def _collected_with_its_items(queue: Any, rng: random.Random) -> None:
    """A queue in a cycle with items that use it while they all die."""
    late: list[int] = []

    class Item:
        def __init__(self, home: Any, rank: int) -> None:
            self.home, self.rank = home, rank

        def __lt__(self, other: "Item") -> bool:
            return self.rank < other.rank

        def __del__(self) -> None:
            if self.rank >= 0:
                self.home.put(Item(self.home, -1))
                late.append(self.rank)

    kind = rng.choice([queue.Queue, queue.LifoQueue, queue.PriorityQueue])
    home = kind()
    for rank in range(10):
        home.put(Item(home, rank))
    if rng.random() < 0.3:
        assert home.queue is not None  # the inside has been looked at
    watch = weakref.ref(home)
    del home
    gc.collect()
    assert sorted(late) == list(range(10)), late
    gc.collect()
    assert watch() is None


def _collected_in_the_middle_of_puts(queue: Any, rng: random.Random) -> None:
    """Garbage whose finalizers use the queues that all threads work on."""
    shared = [queue.Queue(), queue.PriorityQueue(), queue.LifoQueue()]
    lock, made, died = threading.Lock(), 0, []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            died.append(1)
            shared[len(died) % 3].put(-1)

    def work(seed: float) -> None:
        nonlocal made
        own = random.Random(seed)
        for _ in range(400):
            q = own.choice(shared)
            Cycle()
            q.put(own.randrange(9))
            q.get()
        with lock:
            made += 400

    threads = [threading.Thread(target=work, args=(rng.random(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert len(died) == made
    assert sum(q.qsize() for q in shared) == len(died)


def run(queue: Any, rng: random.Random) -> None:
    """Both, with a collector that runs far too often."""
    gc.set_threshold(rng.choice([3, 10, 50]))
    for _ in range(5):
        _collected_with_its_items(queue, rng)
    _collected_in_the_middle_of_puts(queue, rng)
