"""Priorities whose comparison lets other threads run, and sometimes fails."""

import contextlib
import random
import threading
import time
from typing import Any

STDLIB_SURVIVES = True


class _Failed(Exception):
    """A comparison gave up."""


def run(queue: Any, rng: random.Random) -> None:
    """Nothing is lost or doubled, and what is left comes out in order."""
    failing = rng.random() < 0.5
    chance = random.Random(rng.random())
    q = queue.PriorityQueue()
    threads_at_work, each = 4, 120

    class Item:
        calm = False

        def __init__(self, rank: int) -> None:
            self.rank = rank

        def __lt__(self, other: "Item") -> bool:
            if not Item.calm:
                if chance.random() < 0.2:
                    time.sleep(0)
                if failing and chance.random() < 0.02:
                    raise _Failed
            return self.rank < other.rank

    taken: list[int] = []

    def work(number: int) -> None:
        for step in range(each):
            # As with heapq, an item whose comparison failed is inside all the same.
            with contextlib.suppress(_Failed):
                q.put(Item(step * threads_at_work + number))
            if step % 3 == 0:
                with contextlib.suppress(_Failed):
                    taken.append(q.get().rank)

    threads = [
        threading.Thread(target=work, args=(number,))
        for number in range(threads_at_work)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Item.calm = True
    rest = [q.get_nowait().rank for _ in range(q.qsize())]
    everything = taken + rest
    assert len(set(everything)) == len(everything), "an item came out twice"
    if not failing:
        assert sorted(everything) == list(range(threads_at_work * each))
        assert rest == sorted(rest)
        assert q.unfinished_tasks == threads_at_work * each
