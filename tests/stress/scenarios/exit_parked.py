"""The interpreter ends while 40 daemon threads wait, or are just about to."""

import random
import sys
import threading
from typing import Any

STDLIB_SURVIVES = True


def run(queue: Any, rng: random.Random) -> None:
    """Returns, or leaves by SystemExit, with all threads where they are."""
    kinds = [queue.Queue, queue.LifoQueue, queue.PriorityQueue]
    begun = threading.Semaphore(0)

    def wait(what: str, timeout: float | None, kind: Any) -> None:
        q = kind(1)
        if what != "get":
            q.put(0)
        begun.release()
        if what == "get":
            q.get(timeout=timeout)
        elif what == "put":
            q.put(1, timeout=timeout)
        else:
            q.join()

    for _ in range(40):
        threading.Thread(
            target=wait,
            args=(
                rng.choice(["get", "put", "join"]),
                rng.choice([None, 1000.0]),
                rng.choice(kinds),
            ),
            daemon=True,
        ).start()
    for _ in range(rng.choice([0, 20, 40])):
        begun.acquire()
    if rng.random() < 0.5:
        sys.exit(0)
