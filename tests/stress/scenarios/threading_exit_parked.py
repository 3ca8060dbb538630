"""The interpreter ends while 40 daemon threads wait, or are just about to."""

import random
import sys
from typing import Any

MODULE = "threading"
STDLIB_SURVIVES = True


def run(threading: Any, rng: random.Random) -> None:
    """Returns, or leaves by SystemExit, with all threads where they are."""
    begun = threading.Semaphore(0)
    held, barrier = threading.Lock(), threading.Barrier(1000)
    held.acquire()
    condition, event = threading.Condition(), threading.Event()
    reentrant = threading.RLock()
    reentrant.acquire()

    def in_condition(timeout: float | None) -> None:
        with condition:
            condition.wait(timeout)

    waits = [
        lambda timeout: held.acquire(timeout=timeout or -1),
        lambda timeout: reentrant.acquire(timeout=timeout or -1),
        in_condition,
        event.wait,
        lambda timeout: threading.Semaphore(0).acquire(timeout=timeout),
        barrier.wait,
        threading.main_thread().join,
    ]

    def wait(what: Any, timeout: float | None) -> None:
        begun.release()
        what(timeout)

    for _ in range(40):
        told = (rng.choice(waits), rng.choice([None, 1000.0]))
        threading.Thread(target=wait, args=told, daemon=True).start()
    for _ in range(rng.choice([0, 20, 40])):
        begun.acquire()
    if rng.random() < 0.5:
        sys.exit(0)
